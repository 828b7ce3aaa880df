// Runs bench/operations.c in each variant, interleaved: this kind of machine is noisy, so only ratios of one run are compared.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { dirSync } from 'tmp-promise'

import { native, shimPath } from '../src/native.ts'

const ROUNDS = 7
const REFERENCE = '/usr/lib/x86_64-linux-gnu/libsocket_wrapper.so'

export type Variant = 'raw TCP' | 'raw unix' | 'reference' | 'ours'
export const variants: readonly Variant[] = ['raw TCP', 'raw unix', 'reference', 'ours']

export type Operation = { name: string; title: string; times: number; unit: 'ns' | 'bytes'; budget: string }
export const operations: readonly Operation[] = [
  {
    name: 'stream-data',
    title: 'stream: send + recv of 100 bytes',
    times: 20_000,
    unit: 'ns',
    budget: '≤ 1.03 × unix',
  },
  { name: 'stream-bulk', title: 'stream: write + read of 64 KiB', times: 2_000, unit: 'ns', budget: '≤ 1.03 × unix' },
  { name: 'datagram-data', title: 'datagram: sendto + recvfrom of 100 bytes', times: 15_000, unit: 'ns', budget: '' },
  {
    name: 'connected-datagram',
    title: 'connected datagram: send + recv',
    times: 15_000,
    unit: 'ns',
    budget: '≤ 1.03 × unix',
  },
  { name: 'other-descriptor', title: 'read of another descriptor', times: 200_000, unit: 'ns', budget: '≤ + 3 ns' },
  { name: 'socket-close', title: 'socket + close', times: 20_000, unit: 'ns', budget: '≤ 1.15 × unix' },
  { name: 'bind-close', title: 'socket + bind port 0 + close', times: 4_000, unit: 'ns', budget: '≤ 1.15 × unix' },
  { name: 'connect-accept', title: 'connect + accept + close', times: 8_000, unit: 'ns', budget: '≤ 1.15 × unix' },
  { name: 'pass', title: 'pass of one socket', times: 15_000, unit: 'ns', budget: '≤ 1.7 × unix' },
  { name: 'first-socket', title: 'first socket of a process', times: 1, unit: 'ns', budget: '≤ + 20 µs' },
  { name: 'fork', title: 'fork + wait', times: 200, unit: 'ns', budget: '≤ + 20 µs' },
  {
    name: 'private-memory',
    title: 'private memory after the first socket',
    times: 1,
    unit: 'bytes',
    budget: '≤ + 300 kB',
  },
]

export type Row = Operation & { medians: Record<Variant, number> }

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)]
  if (middle === undefined) throw new Error('no values')
  return middle
}

function environmentOf(variant: Variant, dir: string): NodeJS.ProcessEnv {
  const base: NodeJS.ProcessEnv = { PATH: process.env['PATH'], SOCKET_WRAPPER_DIR: dir }
  if (variant === 'reference') return { ...base, LD_PRELOAD: REFERENCE }
  if (variant === 'ours') return { ...base, LD_PRELOAD: shimPath, SOCKET_WRAPPER_IPV4_NETWORK: '10.53.57.0' }
  return base
}

/** Medians of all operations in all variants. The directories lie on /dev/shm: a socket file costs up to 500 µs on a disk. */
export function measure(): Row[] {
  if (!existsSync(REFERENCE))
    throw new Error(`${REFERENCE} is missing: install Debian's libsocket-wrapper (scripts/servers.sh)`)
  const temporary = dirSync({ tmpdir: '/dev/shm', prefix: 'sw-bench', unsafeCleanup: true })
  const program = join(temporary.name, 'operations')
  execFileSync('cc', ['-O2', '-o', program, fileURLToPath(new URL('operations.c', import.meta.url))])
  const rows: Row[] = []
  try {
    for (const operation of operations) {
      const samples: Record<Variant, number[]> = { 'raw TCP': [], 'raw unix': [], reference: [], ours: [] }
      for (let round = 0; round < ROUNDS; round++) {
        for (const variant of variants) {
          // A directory of its own each time: the reference never removes the names of its listeners.
          const dir = join(temporary.name, `${operation.name}-${round}-${variant.replace(' ', '-')}`)
          mkdirSync(dir)
          if (variant === 'ours')
            native.createArena(dir, { records: 16_384, sockets: 2_048, processes: 512, abstractClients: true })
          const family = variant === 'raw unix' ? 'unix' : 'inet'
          const times = variant === 'reference' && operation.name === 'bind-close' ? 200 : operation.times
          const out = execFileSync(program, [operation.name, family, String(times)], {
            cwd: dir,
            env: environmentOf(variant, dir),
          })
          samples[variant].push(Number(out.toString()))
        }
      }
      rows.push({
        ...operation,
        medians: {
          'raw TCP': median(samples['raw TCP']),
          'raw unix': median(samples['raw unix']),
          reference: median(samples.reference),
          ours: median(samples.ours),
        },
      })
    }
  } finally {
    temporary.removeCallback()
  }
  return rows
}

// T1: what the processes of a test do outside of its network. A process that its parent started in the network and that loaded no shim; or one
// under the shim that holds sockets of the real network all the same, because it makes system calls without libc.
import { readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { shimPath } from '../native.ts'
import { nowMs, pause } from '../network/clock.ts'
import type { CoreNetwork } from '../network/network.ts'
import type { ProcessRow } from '../wire/arena.ts'
import { readInetSockets } from './inet.ts'
import { findProblem, type Problem } from './loadable.ts'
import { familyOf, findRelatives, isAlive, readProcesses } from './tree.ts'

export type Escape = Problem & {
  readonly pid: number
  readonly program: string
  /** What it holds of the real network. */
  readonly sockets: readonly string[]
}

/** A program that the loader is about to start loads the shim within this, also on a busy machine. */
const loadingMs = 1000
const pauseMs = 2

/** A network may have a copy of its own. */
const shimName = `/${basename(shimPath)}`

const rawCalls: Problem = {
  reason: 'is under the shim, and makes system calls without libc (Go, io_uring, a raw syscall instruction)',
  advice: 'Build it with a network stack that goes through libc.',
}
const noPreload: Problem = {
  reason: 'was started without LD_PRELOAD by a program that is not under the shim itself',
  advice: 'Let that program keep the environment (sudo: `-E` and `env_keep`), or start this one with `spawn`.',
}
const notLoaded: Problem = {
  reason: 'has LD_PRELOAD in its environment, and its loader did not take the shim',
  advice: 'See its stderr, and whether its user may read the shim.',
}
const unreadable: Problem = {
  reason: 'runs with rights that this user does not have, and loaded no shim',
  advice: 'Start it as the user of the test.',
}

/**
 * Living processes among the descendants of `roots` that are outside. Costs a look at the descriptors of each, and a walk through /proc only
 * when a program was started that has not told of itself.
 */
export async function findEscapes(network: CoreNetwork, roots: readonly number[]): Promise<Escape[]> {
  const rows = readProcesses(network.arena)
  const family = new Map(roots.flatMap((pid) => familyOf(rows, pid)).map((row) => [row.pid, row]))
  const inside = [...family.values()].filter((row) => row.isUnderShim && isAlive(row))
  // What passes through is a real socket by the test's own wish.
  const found = network.options.passthrough.length > 0 ? [] : inside.flatMap(findRawSockets)
  const untold = [...family.values()].filter((row) => !row.isUnderShim)
  if (untold.length === 0) return found
  const known = new Set(rows.filter((row) => row.isUnderShim || row.isTest).map((row) => row.pid))
  for (const { pid, program } of findRelatives(new Set(family.keys()), network.dir)) {
    if (known.has(pid)) continue
    const problem = await settle(network, pid)
    if (problem !== null) found.push({ pid, program, sockets: readInetSockets(pid), ...problem })
  }
  return found
}

function findRawSockets({ pid, program }: ProcessRow): Escape[] {
  const sockets = readInetSockets(pid)
  return sockets.length === 0 ? [] : [{ pid, program, sockets, ...rawCalls }]
}

/** Why it is outside; null when it is not, or is gone. Between exec and the loader's work nothing is decided yet. */
async function settle(network: CoreNetwork, pid: number): Promise<Problem | null> {
  for (const deadline = nowMs() + loadingMs; ;) {
    const problem = await look(pid)
    if (problem !== 'loading') return problem
    if (readProcesses(network.arena).some((row) => row.pid === pid && row.isUnderShim)) return null
    if (nowMs() > deadline) return missed(`/proc/${pid}`)
    await pause(pauseMs)
  }
}

async function look(pid: number): Promise<Problem | null | 'loading'> {
  const proc = `/proc/${pid}`
  try {
    readlinkSync(`${proc}/exe`)
  } catch (error) {
    return isGone(error) ? null : unreadable
  }
  const maps = readText(`${proc}/maps`)
  if (maps.includes(shimName)) return null
  const problem = await findProblem(`${proc}/exe`)
  if (problem !== null) return problem
  // The loader maps what is preloaded before it maps libc.
  return maps.includes('/libc.so') ? missed(proc) : 'loading'
}

function missed(proc: string): Problem {
  const environment = readText(`${proc}/environ`).split('\0')
  return environment.some((entry) => entry.startsWith('LD_PRELOAD=') && entry.includes(shimName))
    ? notLoaded
    : noPreload
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')
}

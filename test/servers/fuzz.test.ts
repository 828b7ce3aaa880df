import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

import { run, withDirectory } from '../helpers.ts'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const flags = [
  ...['-D_GNU_SOURCE', '-std=gnu11', '-O1', '-g', '-Wall', '-Wextra', '-Werror'],
  ...['-Wno-gnu-variable-sized-type-not-at-end', '-fno-strict-aliasing'],
  ...['-fsanitize=fuzzer,address,undefined', '-fno-sanitize-recover=undefined', '-pthread'],
]

/** Compiles a target of test/fuzz with the sources of the shim that it names. */
async function build(target: string, executable: string): Promise<void> {
  const source = path(`../fuzz/${target}.c`)
  const shim = /^ \* sources: (.*)$/m.exec(await readFile(source, 'utf8'))?.[1]?.split(' ') ?? []
  const sources = [source, ...shim.map((name) => path(`../../native/shim/${name}`))]
  const args = [...flags, `-I${path('../../native/shim')}`, '-o', executable, ...sources]
  const { status, stderr } = await run({ command: 'clang', args, timeoutMs: 60_000 }).catch((error: unknown) => {
    throw new Error('clang cannot be started: run scripts/servers.sh as root', { cause: error })
  })
  if (status !== 'exit 0') throw new Error(`clang ${args.join(' ')} ended with ${status}\n${stderr}`)
}

/** What earlier runs found worth to begin with: an input a line, in base64. */
async function unpackCorpus(target: string, directory: string): Promise<void> {
  const lines = (await readFile(path(`../fuzz/corpus/${target}.txt`), 'utf8')).split('\n').filter(Boolean)
  await Promise.all(lines.map((line, index) => writeFile(join(directory, String(index)), Buffer.from(line, 'base64'))))
}

/** The same inputs in each run; FUZZ_SEED chooses others, FUZZ_RUNS a multiple of their number. */
const seed = process.env['FUZZ_SEED'] ?? '1'
const times = Number(process.env['FUZZ_RUNS'] ?? 1)

test.each([
  ['envelope', 300_000],
  ['name', 300_000],
  ['control', 300_000],
  ['datagram', 300_000],
  ['dns', 300_000],
  ['spill', 300_000],
  ['arena', 5_000],
])('%s: %i inputs made to break it do not', { timeout: 120_000 * times }, async (target, runs) => {
  await withDirectory(async (directory) => {
    const corpus = join(directory, 'corpus')
    await mkdir(corpus)
    const executable = join(directory, target)
    await Promise.all([build(target, executable), unpackCorpus(target, corpus)])
    const result = await run({
      command: executable,
      args: [`-runs=${String(runs * times)}`, `-seed=${seed}`, '-max_len=4096', '-print_final_stats=1', corpus],
      cwd: directory,
      timeoutMs: 110_000 * times,
    })
    expect({ ...result, stderr: result.status === 'exit 0' ? '' : result.stderr }).toMatchObject({
      status: 'exit 0',
      stderr: '',
    })
    const executed = Number(/number_of_executed_units: (\d+)/.exec(result.stderr)?.[1])
    expect(executed).toBeGreaterThanOrEqual(runs * times)
  })
})

import { describe, expect, test } from 'vitest'

import { runProgram, type Place } from '../helpers.ts'
import { differences } from './differences.ts'
import { exemption } from './sanitized.ts'

/** What the shim must print: the kernel's transcript, but for the rows of differences.ts, each of which must apply. */
export function expected(program: string, place: Place, kernel: readonly string[]): readonly string[] {
  const rows = differences
    .flatMap(({ lines }) => lines)
    .filter((row) => row.program === program && (row.onlyBare !== true || place === 'bare'))
  return rows.reduce((lines, row) => {
    if (!lines.includes(row.kernel))
      throw new Error(`differences.ts: ${program} prints no line ${JSON.stringify(row.kernel)} on the kernel`)
    return lines.map((line) => (line === row.kernel ? row.shim : line))
  }, kernel)
}

/**
 * Programs whose children end with _exit or by a signal: nobody is left to remove the names of what only they had. And threads_race,
 * where only the kernel knows whose dup2 came last. The next bind takes such a name over.
 */
const leaveNames = new Set([
  'fork_names',
  'fork_shared',
  'shared_unknown',
  'fork_server',
  'exec_listener',
  'stream_large',
  'stream_flags',
  'backlog',
  'threads_race',
  'pass_cloexec',
  'kill_anywhere',
  'chroot',
  'fork_forms',
  'number_stolen',
  'fork_outlives',
  'spill_fork',
  'datagram_spread',
  'spill_killed',
])

/** Whose killed processes may leave datagrams in a file of a plain wrapper, where nobody looks for it who does not send or bind there. */
const leaveDatagrams: ReadonlySet<string> = new Set(['kill_anywhere'])

/** Runs each program on real loopback and under the shim, alone and in a network: equal transcripts, nothing logged, no name left behind. */
export function sameAsKernel(...programs: readonly string[]): void {
  describe.each(programs)('%s', (program) => {
    const kernel = runProgram(program, 'kernel')
    kernel.catch(() => {}) // the tests report it

    test.for([
      ['in a plain wrapper', 'bare'],
      ['in a network', 'network'],
    ] as const)('%s', async ([, place], { skip }) => {
      const reason = exemption(program)
      skip(reason !== undefined, reason)
      const [onKernel, result] = await Promise.all([kernel, runProgram(program, place)])
      expect(onKernel).toMatchObject({ status: 'exit 0', stderr: '' })
      expect(onKernel.lines.at(-1)).toBe('end')
      expect(result.lines).toEqual(expected(program, place, onKernel.lines))
      expect(result).toMatchObject({ status: 'exit 0', stderr: '', log: '' })
      if (!leaveNames.has(program)) expect(result.left).toEqual([])
      if (place === 'network' || !leaveDatagrams.has(program)) expect(result.waiting).toEqual([])
    })
  })
}

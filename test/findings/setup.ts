// Builds the programs; and keeps each core busy while they run many times, so that what only works on a quiet machine shows.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { compileProgram } from '../helpers.ts'
import { cases, sourceOf } from './table.ts'

export async function setup(): Promise<() => void> {
  for (const name of new Set(['static', ...cases.map(({ job }) => job[0])])) await compileProgram(sourceOf(name))
  if (process.env['FINDINGS_RUNS'] === undefined) return () => undefined
  // They end with this process, however it ends.
  const busy = Array.from({ length: availableParallelism() }, () =>
    spawn('setpriv', ['--pdeathsig', 'KILL', 'sh', '-c', 'while :; do :; done'], { stdio: 'ignore' }),
  )
  return () => busy.forEach((each) => each.kill('SIGKILL'))
}

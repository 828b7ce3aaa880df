import { openSandbox } from '../src/fixtures/sandbox.ts'
import type { Explored, ExplorePlan } from '../src/wire/explore.ts'
import { compileProgram } from './helpers.ts'

/** The programs of test/programs/races, and how many orders each race needs at the same time. */
export const races = [
  { name: 'early_answer', depth: 1 },
  { name: 'slow_worker', depth: 1 },
  { name: 'child_first', depth: 1 },
  { name: 'idle_worker', depth: 1 },
  { name: 'second_choice', depth: 1 },
  { name: 'check_then_take', depth: 2 },
  { name: 'two_threads', depth: 2 },
  { name: 'herd', depth: 2 },
  { name: 'withdrawn_offer', depth: 3 },
  { name: 'last_seat', depth: 3 },
] as const

export type RaceName = (typeof races)[number]['name']

export type RaceRun = {
  /** null: the race did not show. */
  readonly failure: string | null
  readonly explored: Explored | null
}

/** One run in a network of its own; `plan` null: as fast as it goes. */
export async function runRace(name: RaceName, plan: ExplorePlan | null): Promise<RaceRun> {
  const program = await compileProgram(`races/${name}`)
  const sandbox = openSandbox({
    title: name,
    isConcurrent: false,
    timeoutMs: 20_000,
    ...(plan === null ? {} : { plan }),
  })
  let failure: string | null = null
  await sandbox.run(async () => {
    const running = await sandbox.network.spawn(program, [], { ready: 'spawned' })
    // One of them stays until the end of its network, since its leak would go with it.
    const line = running.stdout.lines().next()
    await Promise.race([running.exited, line])
    const exit = running.stdout.text() === 'done\n' ? null : await running.exited
    if (exit !== null && exit.code !== 0) failure = `exit ${exit.code ?? exit.signal}`
  })
  await sandbox.finish(failure !== null).catch((error: unknown) => {
    failure = error instanceof Error ? error.message : String(error)
  })
  return { failure, explored: sandbox.explored }
}

/** Runs until the race shows. Returns how many runs that took; `most` + 1: more. */
export async function countRuns(name: RaceName, seed: number | null, most: number, depth = 3): Promise<number> {
  let steps = 8
  for (let run = 1; run <= most; run++) {
    const { failure, explored } = await runRace(name, seed === null ? null : { seed: seed + run, depth, steps })
    if (failure !== null) return run
    steps = explored === null ? steps : Math.max(explored.choices, 1)
  }
  return most + 1
}

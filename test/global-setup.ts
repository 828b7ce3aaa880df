import { availableParallelism } from 'node:os'

import { compileProgram, programNames } from './helpers.ts'

/** Builds the C programs before the first test, so that no test's time limit is spent on a compiler. */
export async function setup(): Promise<void> {
  const names = await programNames()
  const builders = Array.from({ length: availableParallelism() }, async () => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) await compileProgram(name)
  })
  await Promise.all(builders)
}

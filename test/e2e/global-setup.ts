import { buildPackage } from './package.ts'

/** Compiles the package before the first test, so that no test's time limit is spent on it. */
export async function setup(): Promise<void> {
  await buildPackage()
}

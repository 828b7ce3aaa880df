// How many runs of a test it takes until a planted race shows, with and without exploring.
import { expect, test } from 'vitest-environment-socket-wrapper/test'
import { countRuns, races } from '../test/races.ts'
import { median } from './variants.ts'

/** Seeds for exploring; without, each further one is just as good as the first. */
const trials = 5
const most = { explored: 500, plain: 100 }

const show = (count: number, limit: number): string => (count > limit ? `> ${limit}` : String(count))

console.log(`| race | depth | runs without | runs with, median of ${trials} seeds (least–most) |\n|---|---|---|---|`)

test.for(races)('$name', { timeout: 3_600_000 }, async ({ name, depth }) => {
  const counts: number[] = []
  for (let trial = 0; trial < trials; trial++) counts.push(await countRuns(name, 1000 * trial, most.explored))
  const plain = await countRuns(name, null, most.plain)
  const explored = `${show(median(counts), most.explored)} (${Math.min(...counts)}–${show(Math.max(...counts), most.explored)})`
  console.log(`| ${name} | ${depth} | ${show(plain, most.plain)} | ${explored} |`)
  expect(median(counts)).toBeLessThanOrEqual(most.explored)
})

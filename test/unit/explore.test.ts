import { expect, test } from 'vitest'
import { planRun } from '../../src/fixtures/explore.ts'
import { describeRun } from '../../src/fixtures/tell.ts'
import { parseExplore, parseOptions, withExplore } from '../../src/options.ts'
import { decodeExplored, encodeExplore } from '../../src/wire/explore.ts'
import { actorLayout, EXPLORE_ACTORS, exploreLayout, pointNumbers, readExplore } from '../../src/wire/layout.gen.ts'

const plan = { seed: 2 ** 40 + 7, depth: 3, steps: 12 }

test('the plan is in the head of the file', () => {
  const bytes = encodeExplore(plan, { pid: 70, tid: 71 })
  const head = readExplore(new DataView(bytes.buffer, bytes.byteOffset))
  expect(head).toMatchObject({ seed: 2n ** 40n + 7n, depth: 3, expected: 12, testPid: 70, testTid: 71, taken: 0 })
  expect(decodeExplored(bytes)).toEqual({ handOvers: 0, choices: 0, late: 0, order: [] })
})

test('who hands over is named by its place in the tree of processes', () => {
  const bytes = encodeExplore(plan, { pid: 70, tid: 0 })
  const actors = [
    { pid: 100, tid: 100, parent: 0, place: 1 },
    { pid: 102, tid: 102, parent: 1, place: 2 },
    { pid: 102, tid: 110, parent: 2, place: 1 },
    { pid: 111, tid: 111, parent: 40, place: 9 }, // no parent that can be
  ]
  actors.forEach((actor, row) => {
    const at = exploreLayout.size + row * actorLayout.size
    for (const [name, value] of Object.entries(actor))
      bytes.writeUInt32LE(value, at + actorLayout.offsets[name as keyof typeof actor])
  })
  const steps = [
    [0, pointNumbers.fork, 0],
    [1, pointNumbers.receive, 0],
    [2, pointNumbers.send, 1],
    [3, 999, 0],
    [EXPLORE_ACTORS + 1, pointNumbers.exit, 0],
  ] as const
  steps.forEach(([actor, point, late], index) => {
    const at = exploreLayout.size + EXPLORE_ACTORS * actorLayout.size + index * 8
    bytes.writeUInt32LE(actor, at)
    bytes.writeUInt16LE(point, at + 4)
    bytes.writeUInt16LE(late, at + 6)
  })
  bytes.writeUInt32LE(actors.length, exploreLayout.offsets.actors)
  bytes.writeUInt32LE(steps.length, exploreLayout.offsets.taken)
  bytes.writeUInt32LE(2, exploreLayout.offsets.choices)
  bytes.writeUInt32LE(1, exploreLayout.offsets.late)
  expect(decodeExplored(bytes)).toEqual({
    handOvers: 5,
    choices: 2,
    late: 1,
    order: ['1 fork', '1.2 receive', '1.2/1 send (late)', '9 point 999', '? exit'],
  })
})

test('counts that nobody has written lead nowhere', () => {
  const bytes = encodeExplore(plan, { pid: 70, tid: 0 })
  bytes.writeUInt32LE(2 ** 32 - 1, exploreLayout.offsets.actors)
  bytes.writeUInt32LE(2 ** 32 - 1, exploreLayout.offsets.taken)
  expect(decodeExplored(bytes).order).toHaveLength(4096)
})

test('each run has the next seed, and looks where the ones before have been', () => {
  const explore = { seed: 10, depth: 2, steps: null }
  expect(planRun(explore, [])).toEqual({ seed: 10, depth: 2, steps: 8 })
  expect(planRun(explore, [{ choices: 9 }, null, { choices: 7 }])).toEqual({ seed: 13, depth: 2, steps: 9 })
  expect(planRun({ ...explore, steps: 40 }, [{ choices: 9 }])).toEqual({ seed: 11, depth: 2, steps: 40 })
})

test('the line to see a run again', () => {
  const run = { ...plan, seed: 8, handOvers: 24, choices: 9, late: 0, order: [] }
  expect(describeRun(run)).toBe(
    'This run has explored an order of 24 hand-overs, 9 of them choices. To see it again: explore: { seed: 8, steps: 12, depth: 3 }',
  )
  expect(describeRun({ ...run, late: 2 })).toContain('9 of them choices, 2 late.')
})

test('the options', () => {
  expect(parseOptions({}).explore).toBeNull()
  expect(parseOptions({ explore: {} }).explore).toEqual({ seed: 1, depth: 3, steps: null })
  expect(withExplore(parseOptions({}), { seed: 5 }).explore).toEqual({ seed: 5, depth: 3, steps: null })
  expect(parseExplore({ runs: 7, steps: 9 })).toEqual({ runs: 7, seed: 1, depth: 3, steps: 9 })
  expect(() => parseOptions({ explore: true })).toThrow('Option "explore" must be an object, got true.')
  expect(() => withExplore(parseOptions({}), { depth: 9 })).toThrow(
    'Option "explore.depth" must be a whole number from 1 to 8, got 9.',
  )
  expect(() => parseExplore({ run: 7 })).toThrow('Did you mean "runs"?')
})

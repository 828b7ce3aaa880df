// @vitest-environment socket-wrapper
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest-environment-socket-wrapper/test'
import { compileProgram } from '../helpers.ts'
import { races, runRace } from '../races.ts'
import { runVitest } from './project.ts'

const seeds = Array.from({ length: 9 }, (_, index) => index)

test.for(['check_then_take', 'two_threads', 'last_seat'] as const)(
  '%s: a seed gives the same order of hand-overs ten times, and other seeds give others',
  async (name) => {
    const plan = { seed: 5, depth: 3, steps: 20 }
    const first = await runRace(name, plan)
    expect(first.explored?.order.slice(0, 1)).toEqual(['1 start'])
    for (const _ of seeds) expect((await runRace(name, plan)).explored).toEqual(first.explored)

    const orders = new Set<string>()
    for (const seed of seeds.slice(0, 5)) orders.add(String((await runRace(name, { ...plan, seed })).explored?.order))
    expect(orders.size).toBeGreaterThan(1)
  },
)

test.for(races)('$name, a race of depth $depth, is found', { timeout: 120_000 }, async ({ name }, { network }) => {
  const program = await compileProgram(`races/${name}`)
  const error = await network
    .explore({ runs: 400 }, async ({ spawn }) => {
      const running = await spawn(program, [], { ready: 'spawned' })
      const line = running.stdout.lines().next()
      await Promise.race([running.exited, line])
      if (running.stdout.text() === '') expect(await running.exited).toMatchObject({ code: 0 })
    })
    .then(
      () => null,
      (reason: unknown) => reason,
    )

  expect(error).toMatchObject({
    message: expect.stringMatching(
      /Run \d+ of 400 of network\.explore has failed\.[^]*\bexplore: \{ seed: \d+, steps: \d+, depth: 3 \}/,
    ),
  })
})

test('what explore throws tells how to see that run again', async ({ network }) => {
  const fails = (): void => {
    throw new Error('wrong')
  }
  await expect(network.explore({ runs: 3, seed: 7 }, fails)).rejects.toThrow(
    'wrong\n\nRun 1 of 3 of network.explore has failed.\n\nThis run has explored an order of 0 hand-overs, 0 of them choices. To see it again: explore: { seed: 7, steps: 8, depth: 3 }',
  )
  await expect(network.explore({ runs: 0 }, () => undefined)).rejects.toThrow('Option "explore.runs" must be')
})

test('each run has a network of its own, and the test’s is there afterwards', async ({ network }) => {
  const dirs = new Set<string>()
  await network.explore({ runs: 3 }, (own) => void dirs.add(own.dir))
  expect(dirs.size).toBe(3)
  expect(dirs).not.toContain(network.dir)
  expect(network.explored).toBeNull()
  expect(existsSync(join(network.dir, 'explore'))).toBe(false)
  const server = await network.spawn('python3', ['-c', 'import socket; socket.create_server(("", 80)).accept()'])
  expect(server).toBeListeningOn(80)
})

/** A server whose race shows in about every second order. */
const file = (program: string, options: string) => `
import { test, expect } from 'vitest-environment-socket-wrapper/test'

test('hands over', ${options}, async ({ network }) => {
  const server = await network.spawn(${JSON.stringify(program)}, [], { ready: 'spawned' })
  await server.exited
})
`

test('with repeats, each attempt has the next seed, and the seed that failed fails again', async () => {
  const program = await compileProgram('races/slow_worker')
  const repeated = await runVitest({
    files: {
      'race.test.ts': file(program, '{ repeats: 19, timeout: 60_000, meta: { socketWrapperExplore: { seed: 3 } } }'),
    },
  })
  const { message = '', state } = repeated.tests['hands over'] ?? {}
  expect(state).toBe('failed')
  expect(message).toContain('R1 use after pass')
  const [, explore = ''] = /To see it again: (explore: \{ seed: \d+, steps: \d+, depth: 3 \})/.exec(message) ?? []

  const again = await runVitest({
    files: { 'race.test.ts': file(program, '{}') },
    config: `testTimeout: 60_000, environmentOptions: { 'socket-wrapper': { ${explore} } }`,
  })
  expect(again.tests['hands over']?.state).toBe('failed')
  expect(again.tests['hands over']?.message).toContain(explore)
})

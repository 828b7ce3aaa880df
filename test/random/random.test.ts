import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import fc from 'fast-check'
import { expect, test } from 'vitest'

import { createArena, shimEnvironment, withDirectory } from '../helpers.ts'
import { compare } from './compare.ts'
import { startPlayer, type Player } from './player.ts'
import { programs } from './program.ts'

/** How many programs, and which: the same in each run unless a variable says otherwise. A finder, like a fuzzer: no suite runs it. */
const numRuns = Number(process.env['RANDOM_PROGRAMS'] ?? 10_000)
const seed = Number(process.env['RANDOM_SEED'] ?? 20)
/** Most of them are compared to their end. */
const mostCut = 0.2

async function startShim(directory: string, place: 'bare' | 'network'): Promise<Player> {
  const network = join(directory, place)
  await mkdir(network)
  if (place === 'network') await createArena(network)
  return startPlayer([], {
    ...shimEnvironment(network, { VITEST_SOCKET_WRAPPER_LOG: join(directory, `${place}.log`) }),
    ...(place === 'network' ? { SOCKET_WRAPPER_IPV4_NETWORK: '10.53.57.0' } : {}),
  })
}

test('random programs of socket calls do as on the kernel', { timeout: 60_000 + numRuns * 200 }, async () => {
  await withDirectory(async (directory) => {
    const players = await Promise.all([
      startPlayer(['alone'], {}),
      startShim(directory, 'bare'),
      startShim(directory, 'network'),
    ])
    let cut = 0
    const property = fc.asyncProperty(programs, async (program) => {
      const [kernel, bare, network] = await Promise.all(players.map((player) => player.play(program)))
      for (const [place, transcript] of Object.entries({ bare, network })) {
        const { isCut, onKernel, underShim } = compare(kernel ?? [], transcript ?? [], place)
        if (isCut) cut++
        expect({ place, transcript: underShim }).toEqual({ place, transcript: onKernel })
      }
    })
    await fc.assert(property, { numRuns, seed })
    expect(cut).toBeLessThan(2 * numRuns * mostCut)
    await Promise.all(players.map((player) => player.end()))
  })
})

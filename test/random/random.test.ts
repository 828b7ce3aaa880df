import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import fc from 'fast-check'
import { expect, test } from 'vitest'

import { createArena, shimEnvironment, withDirectory } from '../helpers.ts'
import { compare } from './compare.ts'
import { startPlayer, type Player } from './player.ts'
import { programs } from './program.ts'

/** How many programs, and which: the same in each run unless a variable says otherwise. */
const numRuns = Number(process.env['RANDOM_PROGRAMS'] ?? 10_000)
const seed = Number(process.env['RANDOM_SEED'] ?? 20)
/** Most of them are compared to their end. */
const mostCut = 0.2
/** The kernel chooses ports at random: now and then it, or a process under the shim, chooses one that the program has met before. */
const mostCoincidences = 0.005

type Place = 'bare' | 'network'

async function startShim(directory: string, place: Place): Promise<Player> {
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
    const [kernel, bare, network] = await Promise.all([
      startPlayer(['alone'], {}),
      startShim(directory, 'bare'),
      startShim(directory, 'network'),
    ])
    const shims = { bare, network } as const
    const compareAll = async (program: readonly string[], isFresh: boolean) => {
      const [onKernel, ...transcripts] = await Promise.all(
        [kernel, bare, network].map((player) => player.play(program, isFresh)),
      )
      return Object.keys(shims).map((place, at) => ({
        place,
        ...compare(onKernel ?? [], transcripts[at] ?? [], place),
      }))
    }
    const isSame = (comparison: { onKernel: readonly string[]; underShim: readonly string[] }) =>
      comparison.onKernel.join('\n') === comparison.underShim.join('\n')

    let cut = 0
    let coincidences = 0
    const property = fc.asyncProperty(programs, async (program) => {
      const used = await compareAll(program, false)
      cut += used.filter(({ isCut }) => isCut).length
      if (used.every(isSame)) return
      // Again, in processes that have played nothing before: a failure that stays is the program's own, and shrinks.
      for (const { place, onKernel, underShim } of await compareAll(program, true))
        expect({ place, transcript: underShim }).toEqual({ place, transcript: onKernel })
      coincidences++
    })
    await fc.assert(property, { numRuns, seed })
    expect(cut).toBeLessThan(2 * numRuns * mostCut)
    expect(coincidences).toBeLessThan(1 + numRuns * mostCoincidences)
    await Promise.all([kernel, bare, network].map((player) => player.end()))
  })
})

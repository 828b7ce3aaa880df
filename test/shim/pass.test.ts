import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import {
  compileProgram,
  createArena,
  run,
  runProgram,
  shimEnvironment,
  shimPreload,
  socketNames,
  withDirectory,
  type Place,
} from '../helpers.ts'
import { sameAsKernel } from './same.ts'

sameAsKernel(
  'pass_kinds',
  'pass_many',
  'pass_room',
  'pass_peek',
  'pass_failed',
  'pass_cloexec',
  'pass_first',
  'pass_closed_all',
  'pass_messages',
  'pass_credentials',
  'pass_lost',
  'pass_holders',
  'pass_full_table',
  'pass_udp',
  'pass_threads',
  'envelope_bytes',
)

describe('pass_user_pipe', () => {
  test.each<Place>(['bare', 'network'])('%s', async (place) => {
    const [kernel, shim] = await Promise.all([
      runProgram('pass_user_pipe', 'kernel'),
      runProgram('pass_user_pipe', place),
    ])
    expect(kernel).toMatchObject({ status: 'exit 0', stderr: '' })
    expect(kernel.lines.at(-1)).toBe('end')
    expect(shim.lines).toEqual(kernel.lines)
    // What begins like an envelope and is none is told, each in one line.
    const told = shim.log.split('\n').filter((line) => line !== '')
    expect(told.length).toBeGreaterThan(0)
    for (const line of told)
      expect(line).toMatch(/the envelope of \d+ descriptors cannot be used: (sizes|checksum|number of descriptors)$/)
  })
})

// A plain wrapper has no registry: there the options and a disconnect of another holder stay unknown.
test('pass_later: a network knows what another holder did after the pass', async () => {
  const [kernel, shim] = await Promise.all([runProgram('pass_later', 'kernel'), runProgram('pass_later', 'network')])
  expect(kernel.lines.at(-1)).toBe('end')
  expect(shim).toEqual({ ...kernel, log: '', left: [] })
})

test.each([
  ['the sender is without the shim', '-', shimPreload],
  ['the receiver is without the shim', shimPreload, '-'],
  ['both are under the shim', shimPreload, shimPreload],
])('pass_foreign: %s', async (_what, sender, receiver) => {
  await withDirectory(async (directory) => {
    const command = await compileProgram('pass_foreign')
    const kernel = await run({ command, args: ['-', '-', join(directory, 'a')] })
    expect(kernel).toMatchObject({ status: 'exit 0', stderr: '' })
    const network = join(directory, 'n')
    await mkdir(network)
    await createArena(network)
    const { LD_PRELOAD: _shim, ...env } = shimEnvironment(network, { SOCKET_WRAPPER_IPV4_NETWORK: '10.53.57.0' })
    const result = await run({ command, args: [sender, receiver, join(directory, 'b')], env })
    expect(result).toEqual(kernel)
    expect(await socketNames(network)).toEqual([])
  })
})

/** The lines of a program in a network, with one field of every received info dropped. */
async function withFault(program: string, field: string): Promise<readonly string[]> {
  return withDirectory(async (directory) => {
    const network = join(directory, 'n')
    await mkdir(network)
    await createArena(network)
    const env = shimEnvironment(network, {
      SOCKET_WRAPPER_IPV4_NETWORK: '10.53.57.0',
      VITEST_SOCKET_WRAPPER_FAULT: field,
    })
    return (await run({ command: await compileProgram(program), env })).lines
  })
}

test('the fault switch breaks the field that it names, and nothing else', async () => {
  const kernel = await runProgram('pass_later', 'kernel')
  // Before the other holder does anything: later its changes come through the registry and repair what the fault broke.
  const brokenLines = async (field: string): Promise<readonly string[]> => {
    const broken = await withFault('pass_later', field)
    return kernel.lines.filter((line, index) => line.startsWith('child, at first:') && line !== broken[index])
  }
  expect(await brokenLines('nothing')).toEqual([])
  expect(await brokenLines('local')).toEqual([
    'child, at first: local 127.0.0.1:another (16 bytes)',
    'child, at first: local [::1]:another (28 bytes)',
  ])
  expect((await brokenLines('type')).length).toBeGreaterThan(0)
})

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { compileProgram, createArena, run, shimEnvironment, socketNames, withDirectory } from '../helpers.ts'

/** What a real machine with one interface prints: every answer comes, and from where its question went. */
const round = [
  'unbound, by loopback',
  "the same, by the host's address",
  "unbound, by the host's address",
  'the same, by loopback',
  'connected by loopback',
  "connected by the host's address",
]
const answered = (what: string): string => `${what}: the answer comes from where the question went: 1`
const family = [
  ...[...round, ...round].map(answered),
  answered("bound to the host's address"),
  "from the host's address: 1",
  answered('bound to loopback'),
  'from loopback: 1',
]

test.each([1, 2, 64])('answers on host %i', async (host) => {
  await withDirectory(async (directory) => {
    const network = join(directory, 'n')
    await mkdir(network)
    await createArena(network)
    const result = await run({
      command: await compileProgram('datagram_hosts'),
      args: [`10.53.57.${String(host)}`, `fd00::5357:5f${host.toString(16).padStart(2, '0')}`],
      env: shimEnvironment(network, {
        SOCKET_WRAPPER_IPV4_NETWORK: '10.53.57.0',
        SOCKET_WRAPPER_DEFAULT_IFACE: String(host),
      }),
    })
    expect(result).toEqual({ lines: [...family, ...family, 'end'], status: 'exit 0', stderr: '' })
    expect(await socketNames(network)).toEqual([])
  })
})

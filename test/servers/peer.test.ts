import { describe, expect, test } from 'vitest'

import { compileProgram, run, start, withDirectory } from '../helpers.ts'
import { environmentOf, pairs, type Side } from './sides.ts'

type Conversation = {
  readonly kind: 'tcp' | 'udp' | 'connected'
  readonly family: '4' | '6'
  readonly address: string
  readonly network: '127.0.0.0' | '10.53.57.0'
}

/** Both transcripts of one conversation in a directory of its own. */
async function talk(
  server: Side,
  client: Side,
  { kind, family, address, network }: Conversation,
): Promise<Record<'server' | 'client', readonly string[]>> {
  return withDirectory(async (directory) => {
    const command = await compileProgram('under/peer')
    const env = { SOCKET_WRAPPER_IPV4_NETWORK: network }
    const serving = start({
      command,
      args: ['serve', kind === 'tcp' ? 'tcp' : 'udp', family, address, '80'],
      env: environmentOf(server, directory, env),
    })
    await serving.waitFor(/^ready$/m)
    const asked = await run({
      command,
      args: ['ask', kind, family, address, '80'],
      env: environmentOf(client, directory, env),
    })
    expect(asked).toMatchObject({ status: 'exit 0', stderr: '' })
    const served = await serving.ended
    expect(served).toMatchObject({ status: 'exit 0', stderr: '' })
    return { server: served.lines, client: asked.lines }
  })
}

const places = [
  { network: '127.0.0.0', family: '4', address: '127.0.0.1' },
  { network: '127.0.0.0', family: '6', address: 'fd00::5357:5f01' },
  { network: '10.53.57.0', family: '4', address: '10.53.57.1' },
  { network: '10.53.57.0', family: '6', address: 'fd00::5357:5f01' },
] as const

describe.each(['tcp', 'udp', 'connected'] as const)('%s', (kind) => {
  describe.each(places)('$address in $network', (place) => {
    const conversation = { kind, ...place }
    /* The oracle: the reference with itself. */
    const oracle = talk('reference', 'reference', conversation)
    oracle.catch(() => {}) // the tests report it

    test.each(pairs)('server under %s, client under %s', async (server, client) => {
      const [mixed, reference] = await Promise.all([talk(server, client, conversation), oracle])
      expect(reference.client.at(-1)).toBe('end')
      expect(mixed).toEqual(reference)
    })
  })
})

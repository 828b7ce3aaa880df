import { describe, expect, test } from 'vitest'

import { compileProgram, createArena, run, shimEnvironment, start, withDirectory, type Result } from '../helpers.ts'

type Server = { readonly host: number; readonly family: '4' | '6'; readonly address: string }
type Asked = { readonly client: Result; readonly server: Result }

/** A server on port 80 of one host, and a client of another (or the same) one that asks for `address`. */
async function ask(kind: 'tcp' | 'udp', server: Server, client: Server): Promise<Asked> {
  return withDirectory(async (directory) => {
    await createArena(directory, ['test', 'web', 'other'])
    const command = await compileProgram('under/peer')
    const env = (host: number): Record<string, string> =>
      shimEnvironment(directory, {
        SOCKET_WRAPPER_IPV4_NETWORK: '10.53.57.0',
        SOCKET_WRAPPER_DEFAULT_IFACE: String(host),
      })
    const serving = start({
      command,
      args: ['serve', kind, server.family, server.address, '80'],
      env: env(server.host),
    })
    await serving.waitFor(/^ready$/m)
    const asked = await run({
      command,
      args: ['ask', kind, client.family, client.address, '80'],
      env: env(client.host),
      timeoutMs: 3000,
    })
    return {
      client: asked,
      server: await (asked.lines.at(-1) === 'end' && asked.lines.length > 2 ? serving.ended : serving.stop()),
    }
  })
}

const any = { '4': '0.0.0.0', '6': '::' } as const
const reached = [
  { from: 1, family: '4', to: '10.53.57.2', seenFrom: '10.53.57.1' },
  { from: 3, family: '4', to: '10.53.57.2', seenFrom: '10.53.57.3' },
  { from: 2, family: '4', to: '10.53.57.2', seenFrom: '10.53.57.2' },
  { from: 2, family: '4', to: '127.0.0.1', seenFrom: '127.0.0.1' },
  { from: 1, family: '6', to: 'fd00::5357:5f02', seenFrom: 'fd00::5357:5f01' },
  { from: 2, family: '6', to: '::1', seenFrom: '::1' },
] as const

const show = (address: string): string => (address.includes(':') ? `[${address}]` : address)

describe('a server on the unspecified address of host 2', () => {
  test.each(reached)('tcp: host $from reaches $to and is seen as $seenFrom', async ({ from, family, to, seenFrom }) => {
    const { client, server } = await ask(
      'tcp',
      { host: 2, family, address: any[family] },
      { host: from, family, address: to },
    )
    const size = family === '4' ? 16 : 28
    expect(client.lines).toContain(`client: peer ${show(to)}:server (${String(size)} bytes)`)
    expect(client.lines).toContain(`client: local ${show(seenFrom)}:client (${String(size)} bytes)`)
    expect(server.lines).toContain(`accepted: local ${show(to)}:server (${String(size)} bytes)`)
    expect(server.lines).toContain(`accepted: peer ${show(seenFrom)}:another (${String(size)} bytes)`)
    expect(server.status).toBe('exit 0')
  })

  /* A datagram does not tell by which address of its own host it came: it is taken for the loopback's. */
  const datagrams = reached.map((row) =>
    row.from === 2 && row.to === '10.53.57.2' ? { ...row, seenFrom: '127.0.0.1' } : row,
  )

  test.each(datagrams)(
    'udp: host $from reaches $to and is seen as $seenFrom',
    async ({ from, family, to, seenFrom }) => {
      const { client, server } = await ask(
        'udp',
        { host: 2, family, address: any[family] },
        { host: from, family, address: to },
      )
      const size = family === '4' ? 16 : 28
      expect(client.lines.filter((line) => line === `from ${show(to)}:server (${String(size)} bytes)`)).toHaveLength(3)
      expect(
        server.lines.filter((line) => line === `from ${show(seenFrom)}:another (${String(size)} bytes)`),
      ).toHaveLength(3)
    },
  )

  test('tcp: an IPv4 client of another host reaches `::`', async () => {
    const { client, server } = await ask(
      'tcp',
      { host: 2, family: '6', address: '::' },
      { host: 1, family: '4', address: '10.53.57.2' },
    )
    expect(client.lines.at(-1)).toBe('end')
    expect(server.lines).toContain('accepted: peer [::ffff:10.53.57.1]:another (28 bytes)')
    expect(server.lines).toContain('accepted: local [::ffff:10.53.57.2]:server (28 bytes)')
  })
})

describe('the loopback of a host is its own', () => {
  test.each([
    { server: 2, bound: '127.0.0.1', client: 1, to: '127.0.0.1', answer: 'ECONNREFUSED' },
    { server: 2, bound: '127.0.0.1', client: 1, to: '10.53.57.2', answer: 'ECONNREFUSED' },
    { server: 2, bound: '0.0.0.0', client: 1, to: '127.0.0.1', answer: 'ECONNREFUSED' },
    { server: 2, bound: '127.0.0.1', client: 3, to: '127.0.0.1', answer: 'ECONNREFUSED' },
    { server: 1, bound: '127.0.0.1', client: 2, to: '127.0.0.1', answer: 'ECONNREFUSED' },
    { server: 2, bound: '10.53.57.2', client: 2, to: '127.0.0.1', answer: 'ECONNREFUSED' },
    { server: 2, bound: '0.0.0.0', client: 1, to: '10.53.57.9', answer: 'EHOSTUNREACH' },
    { server: 2, bound: '0.0.0.0', client: 1, to: '192.0.2.1', answer: 'ENETUNREACH' },
  ])('a server on $bound of host $server, a client of $to on host $client: $answer', async (row) => {
    const { client } = await ask(
      'tcp',
      { host: row.server, family: '4', address: row.bound },
      { host: row.client, family: '4', address: row.to },
    )
    expect(client.lines).toEqual([`connect: ${row.answer}`, 'end'])
  })

  test("two hosts have one port each, and nobody binds another host's address", async () => {
    await withDirectory(async (directory) => {
      await createArena(directory, ['test', 'web'])
      const command = await compileProgram('under/peer')
      const serve = (host: number, address: string): ReturnType<typeof start> =>
        start({
          command,
          args: ['serve', 'tcp', '4', address, '80'],
          env: shimEnvironment(directory, {
            SOCKET_WRAPPER_IPV4_NETWORK: '10.53.57.0',
            SOCKET_WRAPPER_DEFAULT_IFACE: String(host),
          }),
        })
      const servers = [serve(1, '0.0.0.0'), serve(2, '0.0.0.0')]
      await Promise.all(servers.map((server) => server.waitFor(/^ready$/m)))
      expect((await serve(2, '127.0.0.1').ended).lines.join()).toContain('EADDRINUSE')
      expect((await serve(2, '10.53.57.1').ended).lines.join()).toContain('EADDRNOTAVAIL')
      await Promise.all(servers.map((server) => server.stop()))
    })
  })
})

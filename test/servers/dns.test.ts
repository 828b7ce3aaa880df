import { expect, test } from 'vitest'

import { createArena, run, shimEnvironment, withDirectory } from '../helpers.ts'

/** What dig says on host 2 of a network with the hosts test, web and api.example. */
async function dig(...args: readonly string[]): Promise<readonly string[]> {
  return withDirectory(async (directory) => {
    await createArena(directory, ['test', 'web', 'api.example'])
    const env = shimEnvironment(directory, {
      SOCKET_WRAPPER_IPV4_NETWORK: '10.53.57.0',
      SOCKET_WRAPPER_DEFAULT_IFACE: '2',
    })
    const result = await run({ command: 'dig', args: ['+tries=1', '+timeout=5', ...args], env }).catch(
      (error: unknown) => {
        throw new Error('dig cannot be started: run scripts/servers.sh as root', { cause: error })
      },
    )
    expect(result).toMatchObject({ status: 'exit 0', stderr: '' })
    return result.lines
  })
}

/** Over UDP and TCP, at the server that /etc/resolv.conf names and at others. */
const ways = [[], ['+tcp'], ['+noedns'], ['@8.8.8.8'], ['@2001:db8::53', '+tcp'], ['@127.0.0.53'], ['@::1', '+tcp']]

test.each(ways.map((way) => [way.join(' '), way] as const))('dig %s finds names and addresses', async (_, way) => {
  expect(await dig('+short', ...way, 'web', 'A', 'API.example', 'AAAA', 'localhost', 'A', '-x', '10.53.57.3')).toEqual([
    ...['10.53.57.2', 'fd00::5357:5f03', '127.0.0.1', 'api.example.'],
  ])
  expect((await dig(...way, 'nosuch.example')).join()).toContain('status: NXDOMAIN')
  expect((await dig(...way, 'web', 'MX')).join()).toContain('status: NOERROR')
})

test('one connection takes several questions', async () => {
  expect(await dig('+short', '+tcp', '+keepopen', 'web', 'api.example')).toEqual(['10.53.57.2', '10.53.57.3'])
})

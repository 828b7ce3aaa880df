// @vitest-environment socket-wrapper
import { Resolver } from 'node:dns/promises'
import { expect, type Network } from 'vitest-environment-socket-wrapper/test'

import { isRoot, type Place, test } from './place.ts'

const records = Array.from({ length: 100 }, (_, index) => `txt-record=big.example,"record ${index} ${'x'.repeat(40)}"`)

async function startDnsmasq(network: Network, place: Place): Promise<void> {
  const file = await place.write(
    'dnsmasq.conf',
    `
no-resolv
no-hosts
${isRoot ? 'user=root' : ''}
pid-file=
listen-address=10.53.57.2
listen-address=fd00::5357:5f02
bind-interfaces
host-record=www.example,192.0.2.7,2001:db8::7
${records.join('\n')}
`,
  )
  await network.host('dns').spawn('/usr/sbin/dnsmasq', ['--keep-in-foreground', '--log-facility=-', '-C', file], {
    ready: /started, version/,
  })
}

async function dig(network: Network, ...args: string[]): Promise<string> {
  const running = await network.spawn('dig', args, { ready: 'exit' })
  await running.stdout.settled(1000)
  expect(running.exit, running.stdout.text()).toEqual({ code: 0, signal: null })
  return running.stdout.text()
}

test.for(['10.53.57.2', 'fd00::5357:5f02'])('dig over UDP and TCP, at %s', async (address, { network, place }) => {
  await startDnsmasq(network, place)
  const server = `@${address}`
  expect(await dig(network, server, '+short', 'www.example', 'A')).toBe('192.0.2.7\n')
  expect(await dig(network, server, '+short', '+tcp', 'www.example', 'AAAA')).toBe('2001:db8::7\n')
  expect(await dig(network, server, 'nothing.example')).toContain('status: REFUSED')

  // More than a datagram has room for: the answer is cut, and dig asks again over TCP.
  const big = await dig(network, server, 'big.example', 'TXT')
  expect(big).toContain('Truncated, retrying in TCP mode')
  expect(big).toContain('ANSWER: 100')
  expect(big).toMatch(/;; SERVER: .*\(TCP\)/)
})

test('the resolver of Node', async ({ network, place }) => {
  await startDnsmasq(network, place)
  const resolver = new Resolver()
  resolver.setServers(['10.53.57.2'])
  const answers = await Promise.all(Array.from({ length: 20 }, () => resolver.resolve4('www.example')))
  expect(answers).toEqual(answers.map(() => ['192.0.2.7']))
  expect(await resolver.resolveTxt('big.example')).toHaveLength(100)
})

import { expect, test } from 'vitest'

import { createHosts, type HostEntry } from '../../src/network/hosts.ts'

test('host 1 is the test, further ones are numbered by their first use', () => {
  const declared: HostEntry[] = []
  const hosts = createHosts((host) => declared.push(host))
  expect(hosts.get('web')).toEqual({
    name: 'web',
    number: 2,
    addresses: { IPv4: '10.53.57.2', IPv6: 'fd00::5357:5f02' },
  })
  expect(hosts.get('api.example').number).toBe(3)
  expect(hosts.get('WEB')).toBe(hosts.get('web'))
  expect(declared.map(({ name }) => name)).toEqual(['test', 'web', 'api.example'])
  expect([hosts.nameOf(1), hosts.nameOf(3), hosts.nameOf(9)]).toEqual(['test', 'api.example', '9'])
})

test('a host above 15 has its number in hex in its IPv6 address', () => {
  const hosts = createHosts(() => undefined)
  for (let number = 2; number <= 64; number++) hosts.get(`host-${number}`)
  expect(hosts.get('host-64').addresses).toEqual({ IPv4: '10.53.57.64', IPv6: 'fd00::5357:5f40' })
  expect(() => hosts.get('one-more')).toThrow(
    /^Host "one-more" finds no number: a network has at most 64 hosts, and this one has test, host-2, /,
  )
})

test.each([
  ['', 'it is empty'],
  ['localhost', 'localhost is the private loopback of every host'],
  ['10.0.0.1', 'it is an address; a host gets its addresses from the network'],
  ['::1', 'it is an address; a host gets its addresses from the network'],
  ['1.2', 'it looks like an address'],
  ['a..b', 'a part between dots is empty'],
  ['a_b', 'the part "a_b" has other letters'],
  ['-a', 'the part "-a" has other letters'],
  ['x'.repeat(64), `the part "${'x'.repeat(64)}" has 64 letters`],
  [Array(70).fill('abc').join('.'), 'it has 279 bytes, at most 251 fit'],
  [7, 'it is of type number'],
  [undefined, 'it is of type undefined'],
])('the name %j is refused', (name, reason) => {
  const hosts = createHosts(() => undefined)
  expect(() => hosts.get(name as string)).toThrow(
    `Host name ${JSON.stringify(name) ?? 'undefined'} is not usable: ${reason}. `,
  )
})

test('a host that can not be declared is not there', () => {
  const hosts = createHosts(({ name }) => {
    if (name === 'web') throw new Error('full')
  })
  expect(() => hosts.get('web')).toThrow('full')
  expect(hosts.find('web')).toBeUndefined()
})

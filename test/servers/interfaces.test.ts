// @vitest-environment socket-wrapper
import { expect } from 'vitest-environment-socket-wrapper/test'

import { test } from './place.ts'

test('ip: the addresses and routes of the host', async ({ network }) => {
  const web = network.host('web')
  const addresses = await web.spawn('ip', ['-oneline', 'address'], { ready: 'exit' })
  expect(
    addresses.stdout
      .text()
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/\s+/g, ' ').replace(/ ?\\.*/, '')),
  ).toEqual([
    '1: lo inet 127.0.0.1/8 scope host lo',
    '1: lo inet6 ::1/128 scope host',
    '2: eth0 inet 10.53.57.2/8 brd 10.255.255.255 scope global eth0',
    '2: eth0 inet6 fd00::5357:5f02/64 scope global',
  ])
  const routes = await web.spawn('ip', ['route'], { ready: 'exit' })
  expect(routes.stdout.text().trim()).toBe('10.0.0.0/8 dev eth0 proto kernel scope link src 10.53.57.2')
})

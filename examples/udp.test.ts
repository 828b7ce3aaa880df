import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest-environment-socket-wrapper/test'

test('a UDP socket that is bound goes to a child, which answers on its port', async ({ network }) => {
  const parent = await network.host('dns').fork(new URL('udp/bound.mjs', import.meta.url), [], { ready: 'udp-bind' })
  const pass = await network.nextPass({ from: parent })
  expect(pass).toRecreateSocketInfo()
  expect(pass).toHaveSocketInfo({ type: 'datagram', local: { port: 5353 }, peer: null, state: 'bound' })

  expect(await parent.stdout.lines().next()).toMatchObject({ value: 'given away' })
  const client = createSocket('udp4')
  client.send('who is it', 5353, 'dns')
  const [answer, from] = await once(client, 'message')

  expect(String(answer)).toBe(`who is it, from ${pass.to?.pid}`)
  expect(from).toMatchObject({ address: '10.53.57.2', port: 5353 })
})

test('a UDP socket that is connected keeps its peer', async ({ network }) => {
  const server = createSocket('udp4')
  server.bind(7000)
  await once(server, 'listening')
  const asked = once(server, 'message')

  const parent = await network
    .host('client')
    .spawn('python3', [join(import.meta.dirname, 'udp/connected.py'), 'test', '7000'], { ready: 'spawned' })
  const pass = await network.nextPass({ from: parent })
  const [question, from] = await asked
  server.send('pleased to meet you', from.port, from.address)

  expect(pass).toRecreateSocketInfo()
  expect(pass).toBeConnectedTo({ host: 'test', port: 7000 })
  expect(String(question)).toBe(`${pass.to?.pid} knows 7000`)
  expect(await parent.exited).toMatchObject({ code: 0 })
  expect(parent.stdout.text()).toBe('pleased to meet you\n')
})

// @vitest-environment socket-wrapper
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect } from 'vitest-environment-socket-wrapper/test'

import { test } from './place.ts'

async function shout(address: string, words: string): Promise<string> {
  const stream = connect(7, address)
  stream.end(words)
  return text(stream)
}

test('TCP-LISTEN,fork: a child for each connection', async ({ network }) => {
  await network.host('echo').spawn('socat', ['-t', '10', 'TCP-LISTEN:7,fork,reuseaddr', 'EXEC:tr a-z A-Z'])
  const words = Array.from({ length: 10 }, (_, index) => `word ${index}\n`)
  const answers = await Promise.all(words.map((each) => shout('10.53.57.2', each)))
  expect(answers).toEqual(words.map((each) => each.toUpperCase()))
})

test('TCP6-LISTEN, with IPv4 beside it', async ({ network }) => {
  await network.host('echo').spawn('socat', ['TCP6-LISTEN:7,fork,ipv6only=0', 'EXEC:cat'])
  expect(await shout('fd00::5357:5f02', 'six')).toBe('six')
  expect(await shout('10.53.57.2', 'four')).toBe('four')
})

test('a client with a source port of its choice, through a relay on another host', async ({ network }) => {
  await network.host('echo').spawn('socat', ['TCP-LISTEN:7', 'SYSTEM:echo $SOCAT_PEERADDR $SOCAT_PEERPORT; cat'])
  await network.host('relay').spawn('socat', ['TCP-LISTEN:8', 'TCP:echo:7,sourceport=5000,reuseaddr'])
  const stream = connect(8, '10.53.57.3')
  stream.end('hello')
  expect(await text(stream)).toBe('10.53.57.3 5000\nhello')
})

test.for(['UDP-RECVFROM'])('%s,fork: a child for each datagram', async (kind, { network }) => {
  await network.host('echo').spawn('socat', [`${kind}:7,fork`, 'EXEC:cat'], { ready: 'udp-bind' })
  for (let client = 0; client < 5; client++) {
    const datagrams = createSocket('udp4')
    datagrams.send(`client ${client}\n`, 7, '10.53.57.2')
    const [answer, from] = await once(datagrams, 'message')
    expect(String(answer)).toBe(`client ${client}\n`)
    expect(from).toMatchObject({ address: '10.53.57.2', port: 7 })
    datagrams.close()
  }
})

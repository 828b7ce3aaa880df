// @vitest-environment socket-wrapper
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect } from 'vitest-environment-socket-wrapper/test'

import { isRoot, test } from './place.ts'

const user = isRoot ? ['-u', 'memcache'] : []

test('TCP and UDP at one port, over IPv4 and IPv6', async ({ network }) => {
  await network.host('cache').spawn('memcached', ['-p', '11211', '-U', '11211', '-l', '0.0.0.0,[::]', ...user], {
    ready: 'udp-bind',
  })

  const stream = connect(11211, '10.53.57.2').setEncoding('utf8')
  stream.write('set greeting 0 0 5\r\nhello\r\n')
  expect(await once(stream, 'data')).toEqual(['STORED\r\n'])
  stream.end('quit\r\n')

  const six = connect(11211, 'fd00::5357:5f02').setEncoding('utf8')
  six.write('get greeting\r\n')
  expect(await once(six, 'data')).toEqual(['VALUE greeting 0 5\r\nhello\r\nEND\r\n'])
  six.end('quit\r\n')

  // A frame of UDP: request 7, datagram 0 of 1.
  const head = Buffer.from([0, 7, 0, 0, 0, 1, 0, 0])
  for (const [type, address] of [
    ['udp4', '10.53.57.2'],
    ['udp6', 'fd00::5357:5f02'],
  ] as const) {
    const datagrams = createSocket(type)
    datagrams.send(Buffer.concat([head, Buffer.from('get greeting\r\n')]), 11211, address)
    const [answer, from] = await once(datagrams, 'message')
    expect(answer).toEqual(Buffer.concat([head, Buffer.from('VALUE greeting 0 5\r\nhello\r\nEND\r\n')]))
    expect(from).toMatchObject({ address, port: 11211 })
    datagrams.close()
  }
})

test('100 connections at once, spread over its threads', async ({ network }) => {
  await network.host('cache').spawn('memcached', ['-t', '4', ...user])
  const ask = async (number: number): Promise<string> => {
    const stream = connect(11211, '10.53.57.2').setEncoding('utf8')
    stream.write(`set key${number} 0 0 3\r\nabc\r\n`)
    await once(stream, 'data')
    stream.write(`get key${number}\r\n`)
    const [answer] = await once(stream, 'data')
    stream.end('quit\r\n')
    return answer as string
  }
  const answers = await Promise.all(Array.from({ length: 100 }, (_, number) => ask(number)))
  expect(answers).toEqual(answers.map((_, number) => `VALUE key${number} 0 3\r\nabc\r\nEND\r\n`))
})

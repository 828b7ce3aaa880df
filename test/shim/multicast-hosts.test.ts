import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { createArena, shimEnvironment, start, withDirectory, type Started } from '../helpers.ts'

/** As an mDNS responder: answers whoever asks the group. */
const responder = (family: 'udp4' | 'udp6', group: string): string => `
  const socket = require('node:dgram').createSocket({ type: '${family}', reuseAddr: true })
  socket.on('message', (bytes, from) => {
    console.log(String(bytes), 'from', from.address)
    socket.send('here', from.port, from.address)
  })
  socket.bind(5353, () => {
    socket.addMembership('${group}')
    console.log('ready')
  })`

/** Asks twice, and ends when it has heard of `answers`. */
const question = (family: 'udp4' | 'udp6', to: string, answers: number): string => `
  const socket = require('node:dgram').createSocket('${family}')
  const heard = []
  socket.on('message', (bytes, from) => {
    heard.push(String(bytes) + ' from ' + from.address + ':' + from.port)
    if (heard.length < ${answers}) return
    console.log(heard.sort().join('\\n'))
    socket.close()
  })
  socket.bind(0, () => {
    socket.setBroadcast(${String(family === 'udp4')})
    socket.send('who', 5353, '${to}')
  })`

test.each([
  ['a group of IPv4', 'udp4', '224.0.0.251', '224.0.0.251', '10.53.57.'],
  ['a group of IPv6', 'udp6', 'ff02::fb', 'ff02::fb', 'fd00::5357:5f0'],
  ['a broadcast', 'udp4', '224.0.0.251', '255.255.255.255', '10.53.57.'],
] as const)('%s reaches each member on each host, once', async (_, family, group, to, prefix) => {
  await withDirectory(async (directory) => {
    const network = join(directory, 'n')
    await mkdir(network)
    await createArena(network, ['test', 'second', 'third'])
    const run = (host: number, script: string): Started =>
      start({
        command: process.execPath,
        args: ['-e', script],
        env: shimEnvironment(network, {
          SOCKET_WRAPPER_IPV4_NETWORK: '10.53.57.0',
          SOCKET_WRAPPER_DEFAULT_IFACE: String(host),
        }),
      })
    // Two on the second host: each hears it.
    const responders = [1, 2, 2].map((host) => run(host, responder(family, group)))
    await Promise.all(responders.map((one) => one.waitFor(/ready\n/)))
    const result = await run(3, question(family, to, 3)).ended
    expect(result).toEqual({
      lines: [1, 2, 2].map((host) => `here from ${prefix}${String(host)}:5353`),
      status: 'exit 0',
      stderr: '',
    })
    for (const one of responders) {
      await one.waitFor(/who/)
      const { lines } = await one.stop()
      expect(lines).toEqual(['ready', `who from ${prefix}3`])
    }
  })
})

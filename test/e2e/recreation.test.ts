// @vitest-environment socket-wrapper
// The receiver's shim is broken on purpose, one field at a time: the matcher must see each.
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { stripVTControlCharacters } from 'node:util'
import { expect, type Network, type Pass, test } from '../../src/test.ts'

/** Receives one descriptor over fd 3 and ends when its stdin does. */
const receiver = `
import socket, sys
_, descriptors, _, _ = socket.recv_fds(socket.socket(fileno=3), 16, 1)
print("received", flush=True)
sys.stdin.read()
`

async function acceptOne(): Promise<Socket> {
  const server: Server = createServer({ noDelay: true })
  server.listen(80)
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  connect(80)
  const [socket] = await accepted
  return socket
}

async function passTo(network: Network, fault?: string): Promise<Pass> {
  const socket = await acceptOne()
  const channel = network.channel()
  const env = fault === undefined ? {} : { VITEST_SOCKET_WRAPPER_FAULT: fault }
  const stdio = ['pipe', 'pipe', 'pipe', channel] as const
  await network.spawn('python3', ['-c', receiver], { env, stdio, ready: 'spawned' })
  await channel.send([socket])
  return network.nextPass()
}

test('a socket of the test itself is recreated in another process', async ({ network }) => {
  const pass = await passTo(network)
  expect(pass).toRecreateSocketInfo()
  expect(pass.from.pid).toBe(process.pid)
  expect(pass).toHaveSocketInfo({ local: { port: 80 }, state: 'connected', options: { noDelay: 1 } })
})

test.for([
  ['local', 'local'],
  ['peer', 'peer'],
  ['options', 'options.noDelay, options.reuseAddress'],
  ['state', 'state'],
  ['type', 'type'],
] as const)('a receiver with a wrong %s is told', async ([fault, fields], { network }) => {
  const pass = await passTo(network, fault)
  expect(pass).not.toRecreateSocketInfo()
  let message = ''
  try {
    expect(pass).toRecreateSocketInfo()
  } catch (error) {
    message = stripVTControlCharacters((error as Error).message)
  }
  expect(message).toContain(`Received: info differs: ${fields}\n`)
  for (const field of fields.split(', ')) {
    expect(message).toMatch(
      new RegExp(`^  ${field}: the sender had .*, the envelope has the same, the receiver has `, 'm'),
    )
  }
})

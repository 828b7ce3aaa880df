// @vitest-environment socket-wrapper
// The receiver's shim is broken on purpose, one field at a time: the matcher must see each.
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { stripVTControlCharacters } from 'node:util'
import { expect, type Network, type Pass, type SocketAddress, test } from '../../src/test.ts'

/** Receives one descriptor over fd 3, tells what its own calls answer, and ends when its stdin does. */
const receiver = `
import json, socket, sys

def ask(question):
    try:
        return question()
    except OSError as error:
        return error.errno

_, descriptors, _, _ = socket.recv_fds(socket.socket(fileno=3), 16, 1)
received = socket.socket(socket.AF_INET6, socket.SOCK_STREAM, 0, descriptors[0])
print(json.dumps({
    "local": ask(lambda: received.getsockname()[:2]),
    "peer": ask(lambda: received.getpeername()[:2]),
    "noDelay": ask(lambda: received.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)),
    "isListening": ask(lambda: received.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)),
    "isStream": ask(lambda: received.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_STREAM),
}), flush=True)
sys.stdin.read()
`

type Handed = { pass: Pass; answers: Record<string, unknown> }

async function acceptOne(): Promise<Socket> {
  const server: Server = createServer({ noDelay: true })
  server.listen(80)
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  connect(80)
  const [socket] = await accepted
  return socket
}

async function handOver(network: Network, fault?: string): Promise<Handed> {
  const socket = await acceptOne()
  const channel = network.channel()
  const env = fault === undefined ? {} : { VITEST_SOCKET_WRAPPER_FAULT: fault }
  const stdio = ['pipe', 'pipe', 'pipe', channel] as const
  const process = await network.spawn('python3', ['-c', receiver], { env, stdio, ready: 'spawned' })
  await channel.send([socket])
  const pass = await network.nextPass()
  const { value } = await process.stdout.lines().next()
  return { pass, answers: JSON.parse(value ?? '{}') as Record<string, unknown> }
}

test('a socket of the test itself is recreated in another process, as its own calls say', async ({ network }) => {
  const { pass, answers } = await handOver(network)
  expect(pass).toRecreateSocketInfo()
  expect(pass.from.pid).toBe(process.pid)
  expect(pass).toHaveSocketInfo({ local: { port: 80 }, state: 'connected', options: { noDelay: 1 } })
  const text = (address: SocketAddress | null | undefined) => [address?.address, address?.port]
  expect(answers).toEqual({
    local: text(pass.received?.local),
    peer: text(pass.received?.peer),
    noDelay: 1,
    isListening: 0,
    isStream: true,
  })
})

const enotconn = 107

test.for([
  ['local', 'local', { local: ['::', 0] }],
  ['peer', 'peer', { peer: enotconn }],
  ['options', 'options.noDelay, options.reuseAddress', { noDelay: 0 }],
  ['state', 'state', { peer: enotconn }],
  // SO_TYPE is asked of the kernel.
  ['type', 'type', { isStream: true }],
] as const)(
  'a receiver with a wrong %s is told',
  { meta: { socketWrapperRules: { S1: 'off' } } },
  async ([fault, fields, wrong], { network }) => {
    const { pass, answers } = await handOver(network, fault)
    expect(answers).toMatchObject(wrong)
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
  },
)

// @vitest-environment socket-wrapper
// Real processes with a defect, and beside each one that does the same job right.
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, type Network, type RuleId, test } from '../../src/test.ts'

/** These tests are about what is found, not about their own fate. Workers here need not use what they get, and masters may read before. */
const meta = {
  socketWrapperRules: {
    L1: 'warn',
    L2: 'off',
    L3: 'warn',
    L4: 'warn',
    L12: 'warn',
    R1: 'warn',
    R2: 'warn',
    R3: 'off',
    R8: 'warn',
    R9: 'warn',
  },
} as const

/** A master that accepts one connection and does with it and a worker what `job` says; it tells when it is done. */
const passing = (job: string, worker = 'pass'): string => `
import array, os, socket, sys

def receive(channel, room=1):
    _, descriptors, flags, _ = socket.recv_fds(channel, 16, room)
    return [socket.socket(fileno=fd) for fd in descriptors]

listener = socket.create_server(("0.0.0.0", 80))
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
if os.fork() == 0:
    ours.close()
    listener.close()
    channel = theirs
    ${worker}
    channel.send(b"done")
    sys.stdin.read()
    os._exit(0)
theirs.close()
channel = ours
connection, _ = listener.accept()
${job}
channel.recv(16)
print("ready", flush=True)
sys.stdin.read()
`

/** A fork-per-connection server: the child does \`child\`, the parent \`parent\`. */
const forking = (parent: string, child: string): string => `
import os, socket, sys
listener = socket.create_server(("0.0.0.0", 80))
connection, _ = listener.accept()
done, tell = os.pipe()
pid = os.fork()
if pid == 0:
    listener.close()
    ${child}
    os.write(tell, b"x")
    sys.stdin.read()
    os._exit(0)
${parent}
os.read(done, 1)
print("ready", flush=True)
sys.stdin.read()
`

async function found(network: Network, program: string): Promise<RuleId[]> {
  const server = await network.host('web').spawn('python3', ['-c', program])
  const client = connect(80, 'web')
  await once(client, 'connect')
  client.on('error', () => undefined)
  client.write('hello, both of you')
  expect((await server.stdout.lines().next()).value).toBe('ready')
  const ids = network.findings.map(({ rule }) => rule)
  client.destroy()
  return ids
}

const send = 'socket.send_fds(channel, [b"x"], [connection.fileno()])'
const read = 'connection.recv(4)'

const twins: readonly { what: string; rules: readonly RuleId[]; wrong: string; right: string }[] = [
  {
    what: 'a worker that never receives what was sent to it',
    rules: ['L1'],
    wrong: passing(`${send}\nconnection.close()`),
    right: passing(`${send}\nconnection.close()`, 'receive(channel)'),
  },
  {
    what: 'a master that keeps what it has passed on',
    rules: ['L4'],
    wrong: passing(send, 'kept = receive(channel)'),
    right: passing(`${send}\nconnection.close()`, 'kept = receive(channel)'),
  },
  {
    what: 'a master that reads after it has passed on',
    rules: ['R1'],
    wrong: passing(`${send}\n${read}\nconnection.close()`, 'kept = receive(channel)'),
    right: passing(`${read}\n${send}\nconnection.close()`, 'kept = receive(channel)'),
  },
  {
    what: 'a master that shuts down what it has passed on',
    rules: ['R8'],
    wrong: passing(`${send}\nconnection.shutdown(socket.SHUT_RDWR)\nconnection.close()`, 'kept = receive(channel)'),
    right: passing(`${send}\nconnection.close()`, 'receive(channel)[0].shutdown(socket.SHUT_RDWR)'),
  },
  {
    what: 'a message whose receiver has room for one descriptor of two',
    rules: ['L3'],
    wrong: passing(
      'other = socket.create_connection(("127.0.0.1", 80))\nsecond, _ = listener.accept()\n' +
        'socket.send_fds(channel, [b"x"], [connection.fileno(), second.fileno()])\nconnection.close()\nsecond.close()',
      'kept = receive(channel, 1)',
    ),
    right: passing(
      'other = socket.create_connection(("127.0.0.1", 80))\nsecond, _ = listener.accept()\n' +
        'socket.send_fds(channel, [b"x"], [connection.fileno(), second.fileno()])\nconnection.close()\nsecond.close()',
      'kept = receive(channel, 2)',
    ),
  },
  {
    what: 'both sides of a fork that read one connection',
    rules: ['R9'],
    wrong: forking(read, read),
    right: forking('connection.close()', read),
  },
  {
    what: 'a parent that reads on while its child has the connection',
    rules: ['R9'],
    wrong: forking(read, read),
    right: forking(`os.read(done, 1); os.kill(pid, 9); os.waitpid(pid, 0); os.write(tell, b"x"); ${read}`, read),
  },
]

test.for(twins)('$what', { meta }, async ({ rules, wrong }, { network }) => {
  expect(await found(network, wrong)).toEqual(rules)
})

const twoWorkers = (second: string): string => `
import os, socket, sys

def start(job):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        ours.close()
        job(theirs)
        theirs.send(b"done")
        sys.stdin.read()
        os._exit(0)
    theirs.close()
    return ours

def receive(channel):
    _, descriptors, _, _ = socket.recv_fds(channel, 16, 1)
    return socket.socket(fileno=descriptors[0])

def reader(channel):
    receive(channel).recv(4)

def keeper(channel):
    kept.append(receive(channel))

def reading_keeper(channel):
    keeper(channel)
    kept[0].recv(4)

kept = []
first, second = start(reader), start(${second})
listener = socket.create_server(("0.0.0.0", 80))
connection, _ = listener.accept()
for channel in (second, first):
    socket.send_fds(channel, [b"x"], [connection.fileno()])
    channel.recv(16)
connection.close()
print("ready", flush=True)
sys.stdin.read()
`

test('two workers that both read what both were passed', { meta }, async ({ network }) => {
  expect(await found(network, twoWorkers('reading_keeper'))).toEqual(['R2'])
})

test('a worker that reads what was passed to another one first', { meta }, async ({ network }) => {
  expect(await found(network, twoWorkers('keeper'))).toEqual(['R2'])
})

test('a sender that was killed keeps nothing, also where nobody has reaped it', { meta }, async ({ network }) => {
  const program = `
import os, signal, socket, sys
listener = socket.create_server(("0.0.0.0", 80))
near, far = socket.socketpair(socket.AF_UNIX)
sender = os.fork()
if sender == 0:
    connection, _ = listener.accept()
    socket.send_fds(near, [b"x"], [connection.fileno()])
    signal.pause()
kept = socket.recv_fds(far, 1, 1)
os.kill(sender, signal.SIGKILL)
os.waitid(os.P_PID, sender, os.WEXITED | os.WNOWAIT)
print("ready", flush=True)
sys.stdin.read()
`
  expect(await found(network, program)).toEqual([])
})

test.for([
  { what: 'twice', job: 'os.close(fd)\nos.close(fd)', rules: ['R5'] },
  { what: 'and then its number is sent', job: 'os.close(fd)\nsocket.send_fds(ours, [b"x"], [fd])', rules: ['R5'] },
  { what: 'once, and then all numbers are', job: 'os.close(fd)\nfor n in range(3, 64): close(n)', rules: [] },
  { what: 'twice in a child', job: 'os.close(fd)\nif os.fork() == 0:\n    close(fd)\n    os._exit(0)', rules: [] },
])('a connection that is closed $what', { meta }, async ({ job, rules }, { network }) => {
  const program = `
import ctypes, os, socket, sys
close = ctypes.CDLL(None).close
ours, theirs = socket.socketpair(socket.AF_UNIX)
listener = socket.create_server(("0.0.0.0", 80))
connection, _ = listener.accept()
fd = connection.detach()
try:
${job.replaceAll(/^/gm, '    ')}
except OSError:
    pass
print("ready", flush=True)
sys.stdin.read()
`
  expect(await found(network, program)).toEqual(rules)
})

/** A server that keeps what it accepts, or not. */
const accepting = (close: string): string => `
import socket
listener = socket.create_server(("0.0.0.0", 80))
kept = []
while True:
    connection, _ = listener.accept()
    kept.append(connection)
    connection.send(b"x")
    ${close}
`

test.for([
  { what: 'grows', close: '', rules: ['L12'] },
  { what: 'does not grow', close: 'kept.pop().close()', rules: [] },
])('what $what from checkpoint to checkpoint', { meta }, async ({ close, rules }, { network }) => {
  await network.host('web').spawn('python3', ['-c', accepting(close)])
  for (let round = 0; round < 3; round++) {
    const client = connect(80, 'web')
    await once(client, 'data')
    if (close !== '') await once(client, 'end')
    network.checkpoint()
    client.destroy()
  }
  expect(network.findings.map(({ rule }) => rule)).toEqual(rules)
})

test.for(twins)('no finding where it is done right: $what', { meta }, async ({ right }, { network }) => {
  expect(await found(network, right)).toEqual([])
  expect(network).toHaveNoLeaks()
  expect(network).toHaveNoRaces()
})

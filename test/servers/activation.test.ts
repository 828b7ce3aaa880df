// @vitest-environment socket-wrapper
// Servers that never bind: their socket is a descriptor which somebody else has made (sd_listen_fds(3), inetd).
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, type Network, type Running } from 'vitest-environment-socket-wrapper/test'

import { get, lineLike, test } from './place.ts'

/** Debian's own: the one that has Debian's modules. */
const python = '/usr/bin/python3'

/** It wipes the environment of what it starts with the first connection. */
function activate(network: Network, ...args: string[]): Promise<Running> {
  return network.host('web').spawn('systemd-socket-activate', args)
}

/** The protocol, and what the descriptors are for a program that knows nothing of them. */
const receiver = `
import os, socket
assert os.environ['LISTEN_PID'] == str(os.getpid()) and os.environ['LISTEN_FDS'] == '2'
sockets = [socket.socket(fileno=fd) for fd in (3, 4)]
told = [f'{s.family.name} {s.type.name} {s.getsockname()[:2]}' for s in sockets]
connection, address = sockets[0].accept()
connection.sendall(f'{told} {connection.getsockname()} {address[0]}'.encode())
connection.close()
second, address = sockets[1].accept()
second.sendall(f'{second.getsockname()[:2]} {address[0]}'.encode())
second.close()`

test('systemd-socket-activate: the listeners of the one that waited', async ({ network }) => {
  await activate(network, '--listen=80', '--listen=10.53.57.2:81', python, '-c', receiver)
  expect(await text(connect(80, '10.53.57.2'))).toBe(
    `["AF_INET6 SOCK_STREAM ('::', 80)", "AF_INET SOCK_STREAM ('10.53.57.2', 81)"] ('::ffff:10.53.57.2', 80, 0, 0) ::ffff:10.53.57.1`,
  )
  expect(await text(connect(81, '10.53.57.2'))).toBe(`('10.53.57.2', 81) 10.53.57.1`)
})

const inetd = `
import os, socket, sys
connection = socket.socket(fileno=os.dup(0))
line = sys.stdin.readline()
sys.stdout.write(f'{connection.getsockname()} {connection.getpeername()[0]} {line}')`

test('systemd-socket-activate --accept --inetd: each connection is the input and output of a program', async ({
  network,
}) => {
  await activate(network, '--listen=10.53.57.2:7', '--accept', '--inetd', python, '-c', inetd)
  for (const word of ['one', 'two']) {
    const connection = connect(7, '10.53.57.2')
    connection.write(`${word}\n`)
    expect(await text(connection)).toBe(`('10.53.57.2', 7) 10.53.57.1 ${word}\n`)
  }
})

test('Node: listen({ fd })', async ({ network }) => {
  const server = `
    const server = require('http').createServer((request, response) => response.end(JSON.stringify([server.address(), request.socket.remoteAddress])))
    server.listen({ fd: 3 })`
  await activate(network, '--listen=10.53.57.2:80', process.execPath, '-e', server)
  for (let turn = 0; turn < 2; turn++)
    expect(JSON.parse(await get('http://web/'))).toEqual([
      { address: '10.53.57.2', family: 'IPv4', port: 80 },
      '10.53.57.1',
    ])
})

test('uvicorn --fd', async ({ network, place }) => {
  await place.write(
    'served.py',
    `
async def app(scope, receive, send):
    if scope['type'] != 'http': return
    await send({'type': 'http.response.start', 'status': 200, 'headers': []})
    await send({'type': 'http.response.body', 'body': f"{scope['server']} {scope['client'][0]}".encode()})
`,
  )
  const args = ['-m', 'uvicorn', '--fd', '3', '--app-dir', place.dir, 'served:app']
  await activate(network, '--listen=10.53.57.2:80', python, '-B', ...args)
  for (let turn = 0; turn < 2; turn++) expect(await get('http://web/')).toBe(`('10.53.57.2', 80) 10.53.57.1`)
})

const parent = `
import socket, subprocess, sys
listener = socket.create_server(('0.0.0.0', 7))
while True:
    connection, _ = listener.accept()
    subprocess.run([sys.executable, '-c', sys.argv[1]], stdin=connection, stdout=connection, env={})
    print('ran', listener.getsockname(), flush=True)
    connection.close()`

test('Python subprocess(stdin=socket), from an empty environment', async ({ network }) => {
  const server = await network.host('web').spawn(python, ['-c', parent, inetd])
  const lines = server.stdout.lines()
  for (const word of ['one', 'two']) {
    const connection = connect(7, '10.53.57.2')
    await once(connection, 'connect')
    connection.write(`${word}\n`)
    expect(await text(connection)).toBe(`('10.53.57.2', 7) 10.53.57.1 ${word}\n`)
    expect(await lineLike(lines, /^ran/)).toBe("ran ('0.0.0.0', 7)")
  }
})

// @vitest-environment socket-wrapper
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, type Network, type Running } from 'vitest-environment-socket-wrapper/test'

import { get, lineLike, type Place, test } from './place.ts'

/** Debian's own: the one that has Debian's modules. */
const python = '/usr/bin/python3'

test('asyncio: streams and datagrams', async ({ network }) => {
  const script = `
import asyncio
async def answer(reader, writer):
    line = await reader.readline()
    writer.write(writer.get_extra_info('peername')[0].encode() + b' ' + line.upper())
    writer.close()
class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport): self.transport = transport
    def datagram_received(self, data, address): self.transport.sendto(data.upper(), address)
async def main():
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(Echo, local_addr=('0.0.0.0', 7))
    server = await asyncio.start_server(answer, None, 7)
    print('both families listen', flush=True)
    await server.serve_forever()
asyncio.run(main())`
  await network.host('echo').spawn(python, ['-c', script], { ready: /both families listen/ })
  for (const [address, own] of [
    ['10.53.57.2', '10.53.57.1'],
    ['fd00::5357:5f02', 'fd00::5357:5f01'],
  ] as const) {
    const stream = connect(7, address)
    stream.end('hello\n')
    expect(await text(stream)).toBe(`${own} HELLO\n`)
  }
  const datagrams = createSocket('udp4')
  datagrams.send('hello', 7, '10.53.57.2')
  expect(String((await once(datagrams, 'message'))[0])).toBe('HELLO')
  datagrams.close()
})

test('multiprocessing, spawn: the listener and a connection go to a new process', async ({ network, place }) => {
  const file = await place.write(
    'spawned.py',
    `
import multiprocessing, os, socket
def serve(listener, first):
    first.sendall(f'{os.getppid()} {first.getsockname()} {first.getpeername()[0]}'.encode())
    first.close()
    second, address = listener.accept()
    second.sendall(f'{os.getppid()} {listener.getsockname()} {address[0]}'.encode())
    second.close()
if __name__ == '__main__':
    multiprocessing.set_start_method('spawn')
    listener = socket.create_server(('0.0.0.0', 80))
    first, _ = listener.accept()
    child = multiprocessing.Process(target=serve, args=(listener, first))
    child.start()
    first.close()
    listener.close()
    child.join()
`,
  )
  const parent = await network.host('web').spawn(python, [file])
  expect(await text(connect(80, '10.53.57.2'))).toBe(`${parent.pid} ('10.53.57.2', 80) 10.53.57.1`)
  expect(await text(connect(80, '10.53.57.2'))).toBe(`${parent.pid} ('0.0.0.0', 80) 10.53.57.1`)
  expect(await parent.exited).toEqual({ code: 0, signal: null })
})

const asgi = (answer: string): string => `
async def app(scope, receive, send):
    if scope['type'] != 'http': return
    await send({'type': 'http.response.start', 'status': 200, 'headers': []})
    await send({'type': 'http.response.body', 'body': b'${answer}'})
`

/** What `uvicorn --reload` runs, which also tells when it has looked at the files: it misses a change that comes before its first look. */
const reloading = `
import uvicorn
from uvicorn.supervisors.statreload import StatReload
class Told(StatReload):
    def should_restart(self):
        changed = super().should_restart()
        if not changed: print('looked', flush=True)
        return changed
    def restart(self):
        super().restart()
        print('restarted', flush=True)
config = uvicorn.Config('served:app', host='0.0.0.0', port=80, reload=True)
if __name__ == '__main__':
    Told(config, target=uvicorn.Server(config).run, sockets=[config.bind_socket()]).run()
`

test('uvicorn --reload: a new process takes the listener of the one before', async ({ network, place }) => {
  await place.write('served.py', asgi('old'))
  await place.write('reloading.py', reloading)
  const uvicorn = await network.host('web').spawn(python, ['reloading.py'], {
    cwd: place.dir,
    env: { PYTHONDONTWRITEBYTECODE: '1' },
    ready: /Application startup complete/,
  })
  const [log, told] = [uvicorn.stderr.lines(), uvicorn.stdout.lines()]
  await lineLike(log, /Application startup complete/)
  expect(await get('http://web/')).toBe('old')
  for (const answer of ['new', 'newer']) {
    await lineLike(told, /looked/)
    await place.write('served.py', asgi(answer))
    await lineLike(told, /restarted/)
    await lineLike(log, /Application startup complete/)
    expect(await get('http://web/')).toBe(answer)
  }
})

const wsgi = (answer: string): string => `
import os
def app(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [f"${answer} {os.getpid()} {environ['REMOTE_ADDR']}".encode()]
`

async function startGunicorn(network: Network, place: Place): Promise<Running & { log: AsyncGenerator<string, void> }> {
  await place.write('served.py', wsgi('old'))
  const args = ['--workers', '2', '--bind', '0.0.0.0:80', '--worker-tmp-dir', place.dir, 'served:app']
  const gunicorn = await network.host('web').spawn('gunicorn', args, {
    cwd: place.dir,
    env: { PYTHONDONTWRITEBYTECODE: '1' },
    ready: /Booting worker/,
  })
  const log = gunicorn.stderr.lines()
  for (let worker = 0; worker < 2; worker++) await lineLike(log, /Booting worker/)
  return Object.assign(gunicorn, { log })
}

test('gunicorn: workers, and HUP for new ones', async ({ network, place }) => {
  const gunicorn = await startGunicorn(network, place)
  const answers = await Promise.all(Array.from({ length: 20 }, () => get('http://10.53.57.2/')))
  for (const answer of answers) expect(answer).toMatch(/^old \d+ 10\.53\.57\.1$/)

  await place.write('served.py', wsgi('new'))
  gunicorn.signal('SIGHUP')
  // In whatever order: two begin, two end.
  for (let line = 0; line < 4; line++) await lineLike(gunicorn.log, /Booting worker|Worker exiting/)
  expect(await get('http://10.53.57.2/')).toMatch(/^new \d+ 10\.53\.57\.1$/)
})

test('gunicorn: a worker that is killed has a successor', async ({ network, place }) => {
  const { log } = await startGunicorn(network, place)
  for (let crash = 0; crash < 5; crash++) {
    const worker = Number((await get('http://10.53.57.2/')).split(' ')[1])
    process.kill(worker, 'SIGKILL')
    await lineLike(log, /Booting worker/)
    expect(await get('http://10.53.57.2/')).toMatch(/^old \d+ 10\.53\.57\.1$/)
  }
})

/** Workers that are there before a client is, as many servers have them; one of them ends, and another one takes its place. */
const prefork = `
import os, socket
listener = socket.create_server(('0.0.0.0', 80), backlog=64)
def work():
    for served in range(10):
        connection, _ = listener.accept()
        connection.recv(100)
        connection.sendall(str(os.getpid()).encode())
        connection.close()
    os._exit(0)
def start():
    if os.fork() == 0: work()
for _ in range(4): start()
while True:
    os.wait()
    start()
`

test('a pre-fork server, whose workers end and are replaced', async ({ network }) => {
  await network.host('web').spawn(python, ['-c', prefork])
  const answers = new Set<string>()
  for (let client = 0; client < 100; client++) {
    const connection = connect(80, '10.53.57.2')
    connection.write('hello')
    answers.add(await text(connection))
  }
  expect(answers.size).toBeGreaterThan(9)
})

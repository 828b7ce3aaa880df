import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

import { run, start, withDirectory } from '../helpers.ts'
import { environmentOf, pairs } from './sides.ts'

const askHttp = `
import http.client
connection = http.client.HTTPConnection('127.0.0.1', 80, timeout=10)
for _ in range(2):
    connection.request('GET', '/page.txt')
    answer = connection.getresponse()
    print(answer.status, answer.read().decode())
print(connection.sock.getpeername() if connection.sock else 'closed by the server')
`

const serveDatagrams = `
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(('127.0.0.1', 53))
print('ready', flush=True)
for _ in range(2):
    data, address = server.recvfrom(2000)
    server.sendto(data.upper(), address)
print(address[0], flush=True)
`

const askDatagrams = `
import socket
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(10)
client.sendto(b'one', ('127.0.0.1', 53))
print(*client.recvfrom(2000))
client.connect(('127.0.0.1', 53))
copy = client.dup()
client.close()
copy.send(b'two')
print(copy.recv(2000), copy.getpeername())
`

describe.each(pairs)('server under %s, client under %s', (server, client) => {
  test('http.server and http.client of Python', async () => {
    await withDirectory(async (directory) => {
      await writeFile(join(directory, 'page.txt'), 'hello '.repeat(2000))
      const serving = start({
        command: 'python3',
        args: ['-u', '-m', 'http.server', '80', '--bind', '127.0.0.1', '--directory', directory],
        env: environmentOf(server, directory),
      })
      await serving.waitFor(/Serving HTTP/)
      const asked = await run({ command: 'python3', args: ['-c', askHttp], env: environmentOf(client, directory) })
      await serving.stop()
      expect(asked).toMatchObject({ status: 'exit 0', stderr: '' })
      const page = `200 ${'hello '.repeat(2000)}`
      expect(asked.lines).toEqual([page, page, 'closed by the server'])
    })
  })

  test('datagrams of Python', async () => {
    await withDirectory(async (directory) => {
      const serving = start({ command: 'python3', args: ['-c', serveDatagrams], env: environmentOf(server, directory) })
      await serving.waitFor(/^ready$/m)
      /* The reference knows nothing of F_DUPFD_CLOEXEC, by which Python copies. */
      const script =
        client === 'ours'
          ? askDatagrams
          : askDatagrams.replace('client.dup()', 'client.dup() and client').replace('client.close()', '')
      const asked = await run({ command: 'python3', args: ['-c', script], env: environmentOf(client, directory) })
      expect(asked).toMatchObject({ status: 'exit 0', stderr: '' })
      expect(asked.lines).toEqual(["b'ONE' ('127.0.0.1', 53)", "b'TWO' ('127.0.0.1', 53)"])
      expect(await serving.ended).toMatchObject({ status: 'exit 0', lines: ['ready', '127.0.0.1'] })
    })
  })

  test('netcat, TCP', async () => {
    await withDirectory(async (directory) => {
      const serving = start({
        command: 'nc',
        args: ['-l', '-v', '127.0.0.1', '7'],
        env: environmentOf(server, directory),
        input: 'from the server\n',
      })
      await serving.waitFor(/Listening/)
      const asked = await run({
        command: 'nc',
        args: ['-N', '127.0.0.1', '7'],
        env: environmentOf(client, directory),
        input: 'from the client\n',
      })
      expect(asked).toMatchObject({ status: 'exit 0', lines: ['from the server'] })
      expect(await serving.ended).toMatchObject({ status: 'exit 0', lines: ['from the client'] })
    })
  })
})

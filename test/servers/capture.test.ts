// @vitest-environment socket-wrapper
// @vitest-environment-options { "capture": "failure" }
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, type Network, type Running } from 'vitest-environment-socket-wrapper/test'

import { isRoot, test } from './place.ts'
import { startSamba } from './samba.ts'

/** tshark, outside of the network, on what was recorded so far. */
async function tshark(network: Network, args: readonly string[]): Promise<string[]> {
  const checks = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`])
  const all = ['-r', network.capture ?? '', ...checks, ...args]
  const { stdout } = await promisify(execFile)('tshark', all, { maxBuffer: 2 ** 28 })
  return stdout.split('\n').filter((line) => line !== '')
}

/** What a connection's orderly or sudden end looks like to an expert; all else would be a fault of the capture. */
const ordinary = [
  'Connection reset (RST)',
  'This frame initiates the connection closing',
  'This frame undergoes the connection closing',
]

/** What tshark's expert has to say, from notes on. */
async function complaints(network: Network): Promise<string[]> {
  const lines = await tshark(network, ['-q', '-z', 'expert,note'])
  return lines.filter((line) => /^ +\d+ /.test(line) && !ordinary.some((text) => line.endsWith(text)))
}

const fields = (network: Network, filter: string, ...names: readonly string[]): Promise<string[]> =>
  tshark(network, ['-Y', filter, '-T', 'fields', ...names.flatMap((name) => ['-e', name])])

async function ended(running: Running): Promise<string> {
  await running.exited
  return running.stdout.text()
}

test('HTTP: interfaces are hosts, comments are processes', async ({ network }) => {
  const script = "require('http').createServer((q, r) => r.end('x'.repeat(1e6))).listen(80)"
  const web = await network.host('web').spawn('node', ['-e', script])
  const curl = await network.host('client').spawn('curl', ['-s', 'http://web/one', 'http://web/two'], { ready: 'exit' })
  expect(curl.stdout.text()).toHaveLength(2e6)
  expect(await (await fetch('http://web/three')).text()).toHaveLength(1e6)
  await web.stop()
  expect(await complaints(network)).toEqual([])
  expect(await fields(network, 'http.request', 'frame.interface_name', 'frame.comment', 'http.request.uri')).toEqual([
    `client\t${curl.pid} curl\t/one`,
    `client\t${curl.pid} curl\t/two`,
    `test\t${process.pid} node\t/three`,
  ])
  expect(await fields(network, 'http.response', 'frame.interface_name', 'http.content_length')).toEqual([
    ...['web\t1000000', 'web\t1000000', 'web\t1000000'],
  ])
})

test('HTTP of nginx, which sends files by sendfile', async ({ network, place }) => {
  await place.write('page.html', 'page '.repeat(100_000))
  const file = await place.write(
    'nginx.conf',
    `${isRoot ? 'user www-data;' : ''} worker_processes 2; daemon off; pid ${place.dir}/pid; error_log stderr; events {}
    http { access_log off; sendfile on; root ${place.dir}; server { listen 80; } }`,
  )
  await network.host('web').spawn('/usr/sbin/nginx', ['-e', 'stderr', '-c', file])
  for (let i = 0; i < 3; i++) expect(await (await fetch('http://web/page.html')).text()).toHaveLength(500_000)
  expect(await complaints(network)).toEqual([])
  expect(await fields(network, 'http.response', 'http.response.code', 'http.file_data')).toHaveLength(3)
})

test('Redis, twenty clients at a time', async ({ network, place }) => {
  const args = ['--port', '6379', '--save', '', '--dir', place.dir, '--bind', '0.0.0.0', '--protected-mode', 'no']
  await network.host('redis').spawn('redis-server', args)
  const options = ['-h', 'redis', '-n', '2000', '-c', '20', '-P', '4', '-t', 'set,get,lpush', '-q']
  await ended(await network.host('client').spawn('redis-benchmark', options, { ready: 'exit' }))
  expect(await complaints(network)).toEqual([])
  const requests = await fields(network, 'resp && tcp.dstport == 6379', 'frame.number')
  expect(requests.length).toBeGreaterThan(1000)
})

test('DNS of dnsmasq, over UDP and TCP', async ({ network, place }) => {
  const records = Array.from({ length: 60 }, (_, i) => `--host-record=many.test,10.1.2.${i + 1}`)
  const args = ['-k', '-C', '/dev/null', '-R', '-h', '-x', `${place.dir}/pid`, '-u', 'root', ...records]
  await network.host('dns').spawn('dnsmasq', args)
  const dig = (more: readonly string[]): Promise<Running> =>
    network.host('client').spawn('dig', ['@10.53.57.2', 'many.test', '+short', ...more], { ready: 'exit' })
  for (const more of [[], ['+tcp'], ['+ignore', '+noedns']]) await ended(await dig(more))
  expect(await complaints(network)).toEqual([])
  expect(await fields(network, 'dns', 'dns.qry.name', 'frame.interface_name')).toEqual(
    expect.arrayContaining(['many.test\tclient', 'many.test\tdns']),
  )
})

test('SMB2 of smbclient, and of 32 connections that one smbd gets from others', async ({ network }) => {
  const samba = await startSamba(network)
  await writeFile(join(samba.dir, 'content'), randomBytes(3_000_000))
  await samba.ask('put content; get content back; dir; del content')
  const channels = 'smb2.multichannel.generic.num_channels'
  expect(await samba.torture([channels])).toEqual({ [channels]: 'success' })
  await samba.smbd.stop()
  expect(network.passes).toHaveLength(32)
  expect(await complaints(network)).toEqual([])
  const commands = await fields(network, 'smb2.flags.response == 0', 'smb2.cmd')
  // negotiate, session setup, create, read, write, query directory
  expect(commands.flatMap((line) => line.split(','))).toEqual(expect.arrayContaining(['0', '1', '5', '8', '9', '14']))
})

test('a socket that a cluster passes to its worker', async ({ network, place }) => {
  const script = `const cluster = require('cluster')
    if (cluster.isPrimary) cluster.fork()
    else require('http').createServer((q, r) => r.end(String(process.pid))).listen(80)`
  const master = await network.host('web').spawn('node', [await place.write('cluster.cjs', script)])
  const pids = new Set<string>()
  for (let i = 0; i < 4; i++) pids.add(await (await fetch('http://web/', { headers: { connection: 'close' } })).text())
  expect(pids.size).toBe(1)
  await master.stop()
  expect(network.passes.length).toBeGreaterThanOrEqual(4)
  expect(await complaints(network)).toEqual([])
  const senders = await fields(network, 'http.response', 'frame.comment')
  expect(new Set(senders)).toEqual(new Set([...pids].map((pid) => `${pid} node`)))
})

test('datagrams of the test itself, and the answer for a port that nobody has', async ({ network }) => {
  network.host('other')
  const [one, two] = [dgram.createSocket('udp4'), dgram.createSocket('udp4')]
  one.bind(5000)
  await once(one, 'listening')
  one.once('message', (message, from) => one.send(message, from.port, from.address))
  two.send('there and back', 5000, '127.0.0.1')
  await once(two, 'message')
  await new Promise((resolve) => two.send('anybody', 6000, '10.53.57.2', resolve))
  two.close()
  one.close()
  expect(await complaints(network)).toEqual([])
  expect(await fields(network, 'udp', 'frame.interface_name', '_ws.col.Protocol', 'udp.length')).toEqual([
    ...['test lo\tUDP\t22', 'test lo\tUDP\t22', 'test\tUDP\t15', 'other\tICMP\t15'],
  ])
})

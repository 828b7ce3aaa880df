// @vitest-environment socket-wrapper
import { execFile } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import http2 from 'node:http2'
import https from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { Pool } from 'undici'
import { WebSocket, WebSocketServer } from 'ws'
import { expect } from 'vitest-environment-socket-wrapper/test'

import { type Place, test } from './place.ts'

async function makeCertificate(place: Place): Promise<string> {
  const subject = ['-subj', '/CN=web', '-addext', 'subjectAltName=DNS:web']
  const files = ['-keyout', join(place.dir, 'key.pem'), '-out', join(place.dir, 'cert.pem')]
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  await promisify(execFile)('openssl', ['req', '-x509', '-days', '2', ...key, ...subject, ...files])
  return readFile(join(place.dir, 'cert.pem'), 'utf8')
}

const secureServer = (dir: string): string => `
const fs = require('fs')
const keys = { key: fs.readFileSync('${dir}/key.pem'), cert: fs.readFileSync('${dir}/cert.pem'), allowHTTP1: true }
require('http2').createSecureServer(keys, (request, response) =>
  response.end('HTTP/' + request.httpVersion + ' ' + request.url)).listen(443)`

test('https and http2 over TLS, at one port', async ({ network, place }) => {
  const ca = await makeCertificate(place)
  await network.host('web').spawn('node', ['-e', secureServer(place.dir)])

  const request = https.get('https://web/old', { ca, agent: false })
  const [response] = await once(request, 'response')
  expect(await text(response)).toBe('HTTP/1.1 /old')

  const session = http2.connect('https://web', { ca })
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, number) => text(session.request({ ':path': `/${number}` }))),
  )
  expect(answers).toEqual(answers.map((_, number) => `HTTP/2.0 /${number}`))
  session.close()
  await once(session, 'close')
})

test('undici: a pool of connections', async ({ network }) => {
  const server = `require('http').createServer((q, r) => r.end(String(q.socket.remotePort))).listen(80)`
  await network.host('web').spawn('node', ['-e', server])
  const pool = new Pool('http://web', { connections: 4 })
  const ports = await Promise.all(
    Array.from({ length: 40 }, async () => (await pool.request({ path: '/', method: 'GET' })).body.text()),
  )
  expect(new Set(ports).size).toBe(4)
  await pool.close()
})

test('ws: a server and clients of the test', async ({ network }) => {
  network.host('web')
  const server = new WebSocketServer({ port: 8080 })
  server.on('connection', (socket, request) => {
    socket.on('message', (data) => socket.send(`${request.socket.remoteAddress} said ${String(data)}`))
  })
  await once(server, 'listening')
  const client = new WebSocket('ws://10.53.57.1:8080/')
  await once(client, 'open')
  client.send('hello')
  const [answer] = await once(client, 'message')
  expect(String(answer)).toBe('::ffff:10.53.57.1 said hello')
  client.close()
  await once(client, 'close')
  server.close()
})

test('worker_threads: a server in each thread of a process', async ({ network, place }) => {
  const script = `
const { Worker, isMainThread, threadId } = require('worker_threads')
if (isMainThread) for (let i = 0; i < 3; i++) new Worker(__filename)
else require('http').createServer((q, r) => r.end('thread ' + threadId)).listen(8000 + threadId, () => console.log('up'))
`
  const threads = await network.host('web').spawn('node', [await place.write('threads.cjs', script)])
  const lines = threads.stdout.lines()
  for (let thread = 0; thread < 3; thread++) await lines.next()
  for (const thread of [1, 2, 3])
    expect(await (await fetch(`http://web:${8000 + thread}/`)).text()).toBe(`thread ${thread}`)
})

// Without a schedule the workers share the listener on purpose: they were all passed it, and they all accept.
const meta = { socketWrapperRules: { R4: 'off' } } as const

test.for(['rr', 'none'])(
  'cluster, policy %s: connections go to every worker',
  { meta },
  async (policy, { network, place }) => {
    const file = await place.write(
      'cluster.cjs',
      `
const cluster = require('cluster')
if (cluster.isPrimary) for (let i = 0; i < 3; i++) cluster.fork()
else require('http').createServer((q, r) => r.setHeader('connection', 'close').end(String(process.pid))).listen(80, () => console.log('up'))
`,
    )
    const cluster = await network.host('web').spawn('node', [file], { env: { NODE_CLUSTER_SCHED_POLICY: policy } })
    const lines = cluster.stdout.lines()
    for (let worker = 0; worker < 3; worker++) expect(await lines.next()).toMatchObject({ value: 'up' })
    const workers = await Promise.all(Array.from({ length: 60 }, async () => (await fetch('http://web/')).text()))
    // Without a schedule the kernel wakes whom it likes.
    if (policy === 'rr') expect(new Set(workers).size).toBe(3)
    const passes = network.passes.filter((pass) => pass.to !== null)
    expect(passes).toHaveLength(policy === 'rr' ? 60 : 3)
    for (const pass of passes) expect(pass).toRecreateSocketInfo()
  },
)

test.for(['rr', 'none'])(
  'cluster, policy %s: a worker that crashes has a successor',
  { meta },
  async (policy, { network, place }) => {
    const file = await place.write(
      'crashing.cjs',
      `
const cluster = require('cluster')
const answer = (request, response) => {
  if (request.url === '/crash') process.kill(process.pid, 'SIGKILL')
  response.setHeader('connection', 'close').end(String(process.pid))
}
if (cluster.isPrimary) {
  for (let i = 0; i < 2; i++) cluster.fork()
  cluster.on('exit', () => cluster.fork())
} else require('http').createServer(answer).listen(80, () => console.log('up'))
`,
    )
    const cluster = await network.host('web').spawn('node', [file], { env: { NODE_CLUSTER_SCHED_POLICY: policy } })
    const lines = cluster.stdout.lines()
    for (let worker = 0; worker < 2; worker++) expect(await lines.next()).toMatchObject({ value: 'up' })
    const answers = new Set<string>()
    for (let crash = 0; crash < 5; crash++) {
      await expect(fetch('http://web/crash')).rejects.toThrow('fetch failed')
      expect(await lines.next()).toMatchObject({ value: 'up' })
      for (let request = 0; request < 10; request++) answers.add(await (await fetch('http://web/')).text())
    }
    expect(answers.size).toBeGreaterThan(1)
  },
)

test('dgram: a server in another process, over IPv4 and IPv6', async ({ network }) => {
  const script = `for (const type of ['udp4', 'udp6']) {
    const socket = require('dgram').createSocket({ type, ipv6Only: type === 'udp6' })
    socket.on('message', (data, from) => socket.send(from.address + ' ' + data, from.port, from.address)).bind(type === 'udp4' ? 4000 : 6000)
  }`
  await network.host('echo').spawn('node', ['-e', script], { ready: { port: 6000 } })
  for (const [type, port, address] of [
    ['udp4', 4000, '10.53.57.2'],
    ['udp6', 6000, 'fd00::5357:5f02'],
  ] as const) {
    const socket = createSocket(type)
    socket.send('hello', port, address)
    const [answer, from] = await once(socket, 'message')
    expect(String(answer)).toMatch(/^(10\.53\.57\.1|fd00::5357:5f01) hello$/)
    expect(from).toMatchObject({ address, port })
    socket.close()
  }
})

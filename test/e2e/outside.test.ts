import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'

import { runVitest } from './project.ts'

/** A server on the real loopback. */
async function serveReally(): Promise<number> {
  const server = http.createServer((_, response) => response.end('the real machine'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

const ask = `
import { beforeAll, afterAll } from 'vitest'
import { expect, test } from 'vitest-environment-socket-wrapper/test'
import http from 'node:http'
import { once } from 'node:events'
const url = 'http://127.0.0.1:' + process.env.REAL_PORT
const text = (url) => fetch(url).then((response) => response.text(), (error) => (error.cause ?? error).code)
const script = "fetch(process.argv[1]).then((r) => r.text(), (e) => e.cause.code).then(console.log)"
const program = async (network, url) =>
  (await network.spawn('node', ['-e', script, url], { ready: 'exit' })).stdout.text().trim()
`

test('nothing reaches the real network, unless passthrough names it', async () => {
  const port = await serveReally()
  const [closed, open] = await Promise.all([
    runVitest({
      env: { REAL_PORT: String(port) },
      config: 'testTimeout: 30_000',
      files: {
        'a.test.ts': `${ask}
test('is closed', async ({ network }) => {
  expect(await text(url)).toBe('ECONNREFUSED')
  expect(await program(network, url)).toBe('ECONNREFUSED')
})`,
      },
    }),
    runVitest({
      env: { REAL_PORT: String(port) },
      config: `testTimeout: 30_000, environmentOptions: { 'socket-wrapper': { passthrough: ['127.0.0.1:${port}', 'localhost:${port}'] } }`,
      files: {
        'a.test.ts': `${ask}
test('is open', async ({ network }) => {
  expect(await text(url)).toBe('the real machine')
  expect(await text(url.replace('127.0.0.1', 'localhost'))).toBe('the real machine')
  expect(await program(network, url)).toBe('the real machine')
  expect(await program(network, url.replace('127.0.0.1', 'localhost'))).toBe('the real machine')
  expect(await text('http://127.0.0.1:8000/')).toBe('ECONNREFUSED')
  const server = http.createServer((q, r) => r.end('of the network')).listen(80)
  await once(server, 'listening')
  expect(await text('http://127.0.0.1/')).toBe('of the network')
})`,
      },
    }),
  ])
  expect(closed.tests).toEqual({ 'is closed': { state: 'passed', message: '' } })
  expect(open.tests).toEqual({ 'is open': { state: 'passed', message: '' } })
})

test('outside of tests sockets are real, and what is opened there stays so', async () => {
  const port = await serveReally()
  const { tests, exitCode } = await runVitest({
    env: { REAL_PORT: String(port) },
    files: {
      'a.test.ts': `${ask}
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
const get = () => new Promise((resolve, reject) => http.get(url, { agent }, (response) => {
  let text = ''
  response.on('data', (chunk) => (text += chunk)).on('end', () => resolve(text))
}).on('error', reject))
let server
beforeAll(async () => {
  expect(await text(url)).toBe('the real machine')
  expect(await get()).toBe('the real machine')
  server = http.createServer((q, r) => r.end('from beforeAll')).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
test('within one they are not', async () => {
  expect(await text(url)).toBe('ECONNREFUSED')
  await expect(get()).rejects.toThrow('ECONNREFUSED')
  expect(server.listening).toBe(true)
})
afterAll(async () => {
  expect(await get()).toBe('the real machine')
  expect(await text('http://127.0.0.1:' + server.address().port)).toBe('from beforeAll')
  server.close()
})`,
    },
  })
  expect(tests).toEqual({ 'within one they are not': { state: 'passed', message: '' } })
  expect(exitCode).toBe(0)
})

test('more sockets than the arena has room for fail the test, and the message says what to raise', async () => {
  const { tests } = await runVitest({
    config: "environmentOptions: { 'socket-wrapper': { arena: { sockets: 16 } } }",
    files: {
      'a.test.ts': `
import net from 'node:net'
import { once } from 'node:events'
import { test } from 'vitest'
test('many', async () => {
  for (let i = 0; i < 20; i++) await once(net.createServer().listen(), 'listening')
})`,
    },
  })
  expect(tests['many']?.state).toBe('failed')
  expect(tests['many']?.message).toMatch(
    /The network's record is incomplete: \d+ sockets found no room \(limit 16\), .* Raise environmentOptions\['socket-wrapper'\]\.arena\.sockets\./,
  )
})

test('our test without the environment says what is missing', async () => {
  const { tests, exitCode } = await runVitest({
    hasEnvironment: false,
    files: {
      'a.test.ts': "import { test } from 'vitest-environment-socket-wrapper/test'\ntest('bare', () => {})",
    },
  })
  expect(tests['bare']?.message).toContain(
    "A network needs the environment: set `test: { environment: 'socket-wrapper' }` in vitest.config, or begin the file with `// @vitest-",
  )
  expect(exitCode).toBe(1)
})

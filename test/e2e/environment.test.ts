import { describe, expect, test } from 'vitest'

import { runVitest } from './project.ts'

/** In two parts, since vitest looks for it in the text of this file as well. */
const docblock = ['@vitest', 'environment'].join('-')

/** A test that only knows vitest: its server takes port 80 and says which test it is. */
const plain = `
import http from 'node:http'
import { describe, expect, test } from 'vitest'

async function serve(text) {
  const server = http.createServer((request, response) => response.end(text))
  await new Promise((resolve, reject) => server.once('error', reject).listen(80, '127.0.0.1', resolve))
  return server
}

describe.each(['one', 'two', 'three'])('%s', (name) => {
  test('has port 80 for itself', async () => {
    await serve(name)
    expect(await (await fetch('http://localhost/')).text()).toBe(name)
    const viaHttp = await new Promise((resolve) => http.get('http://127.0.0.1/', (response) => response.setEncoding('utf8').on('data', resolve)))
    expect(viaHttp).toBe(name)
  })
})
`

describe.each(['forks', 'threads'])('pool %s', (pool) => {
  test.each([true, false])('gives each test its own network by the environment alone, isolate: %s', async (isolate) => {
    const { exitCode, output, tests } = await runVitest({
      files: { 'a.test.ts': plain, 'b.test.ts': plain },
      config: `pool: '${pool}', isolate: ${isolate}`,
    })
    expect(output).toContain('6 passed')
    expect(Object.keys(tests)).toHaveLength(3) // both files have the same names
    expect(exitCode).toBe(0)
  })
})

test('works when the package is linked, and so loaded twice', async () => {
  const { output, exitCode } = await runVitest({
    isLinked: true,
    files: {
      'a.test.ts': plain,
      'b.test.ts': `
import { expect, test } from 'vitest-environment-socket-wrapper/test'
test('uses the fixture', async ({ network }) => {
  const web = network.host('web')
  const server = await web.spawn('node', ['-e', "require('http').createServer((q, r) => r.end('hi')).listen(80)"])
  expect(server.port).toBe(80)
  expect(await (await fetch('http://web/')).text()).toBe('hi')
})`,
    },
  })
  expect(output).toContain('4 passed')
  expect(exitCode).toBe(0)
})

test('a file asks for the environment by its docblock', async () => {
  const { output, exitCode } = await runVitest({
    hasEnvironment: false,
    files: { 'a.test.ts': `// ${docblock} socket-wrapper\n${plain}` },
  })
  expect(output).toContain('3 passed')
  expect(exitCode).toBe(0)
})

test('a retry and a repeat get a fresh network', async () => {
  const { tests, exitCode } = await runVitest({
    files: {
      'a.test.ts': `
import net from 'node:net'
import { expect, test } from 'vitest-environment-socket-wrapper/test'
const seen = new Set()
let attempt = 0
async function listen() {
  const server = net.createServer()
  await new Promise((resolve, reject) => server.once('error', reject).listen(7, resolve))
}
test('retried', { retry: 2 }, async ({ network }) => {
  seen.add(network.dir)
  await listen()
  attempt++
  if (attempt < 3) throw new Error('again')
  expect(seen.size).toBe(3)
})
const repeated = new Set()
test('repeated', { repeats: 2 }, async ({ network }) => {
  repeated.add(network.dir)
  await listen()
})
test('saw one each', () => { expect(repeated.size).toBe(3) })
`,
    },
  })
  expect(tests).toMatchObject({
    retried: { state: 'passed' },
    repeated: { state: 'passed' },
    'saw one each': { state: 'passed' },
  })
  expect(exitCode).toBe(0)
})

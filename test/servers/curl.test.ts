// @vitest-environment socket-wrapper
import { createHash, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, type Network } from 'vitest-environment-socket-wrapper/test'

import { bench } from './load.ts'
import { test } from './place.ts'

const server = `
const { createHash } = require('crypto')
require('http').createServer(async (request, response) => {
  const hash = createHash('sha256')
  for await (const chunk of request) hash.update(chunk)
  response.end(request.method + ' ' + request.url + ' ' + hash.digest('hex') + '\\n')
}).listen(80)`

const nothing = createHash('sha256').digest('hex')

async function curl(network: Network, ...args: string[]): Promise<string> {
  const running = await network.spawn('curl', ['--silent', '--show-error', '--fail', ...args], { ready: 'exit' })
  await running.stdout.settled(1000)
  expect(running.exit, running.stderr.text()).toEqual({ code: 0, signal: null })
  return running.stdout.text()
}

test('IPv4, IPv6, and a name that has both', async ({ network }) => {
  await network.host('web').spawn('node', ['-e', server])
  const page = `GET /page ${nothing}\n`
  const remote = ['--write-out', '%{remote_ip} %{http_version}']
  expect(await curl(network, '-4', ...remote, 'http://web/page')).toBe(`${page}10.53.57.2 1.1`)
  expect(await curl(network, '-6', ...remote, 'http://web/page')).toBe(`${page}fd00::5357:5f02 1.1`)
  expect(await curl(network, ...remote, 'http://[fd00::5357:5f02]/page')).toBe(`${page}fd00::5357:5f02 1.1`)
  expect(await curl(network, 'http://web/page')).toBe(page)
})

test('one connection for all, and one for each with --parallel', async ({ network, place }) => {
  await network.host('web').spawn('node', ['-e', server])
  const pages = Array.from({ length: 20 }, (_, index) => `GET /${index + 1} ${nothing}\n`)
  expect(await curl(network, '--write-out', '%{num_connects}\n', 'http://web/[1-20]')).toBe(
    pages.map((page, index) => `${page}${index === 0 ? 1 : 0}\n`).join(''),
  )
  const output = ['--output', join(place.dir, '#1')]
  await curl(network, '--parallel', '--parallel-immediate', '--parallel-max', '20', ...output, 'http://web/[1-20]')
  const files = await Promise.all(pages.map((_, index) => readFile(join(place.dir, String(index + 1)), 'utf8')))
  expect(files).toEqual(pages)
})

test('an upload of 20 MB', async ({ network, place }) => {
  await network.host('web').spawn('node', ['-e', server])
  const bytes = randomBytes(20_000_000)
  const file = join(place.dir, 'upload')
  await writeFile(file, bytes)
  const hash = createHash('sha256').update(bytes).digest('hex')
  expect(await curl(network, '--data-binary', `@${file}`, 'http://web/up')).toBe(`POST /up ${hash}\n`)
  expect(await curl(network, '--upload-file', file, 'http://web/up')).toBe(`PUT /up ${hash}\n`)
})

test('ApacheBench against a server of Node', async ({ network }) => {
  await network.host('web').spawn('node', ['-e', server])
  await bench(network, 'http://web/', 500)
  await bench(network, 'http://web/', 500, '-k')
})

import { existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'

import { type Result, run } from '../helpers.ts'
import { buildPackage } from './package.ts'

let bin: string

beforeAll(async () => {
  bin = join(await buildPackage(), 'dist/cli.js')
})

async function cli(...args: string[]): Promise<Result> {
  return run({ command: process.execPath, args: [bin, ...args] })
}

const serve = `const net = require('net')
const server = net.createServer((socket) => socket.end('hi')).listen(80, () =>
  net.connect(80, 'localhost', function () { this.pipe(process.stdout).on('unpipe', () => server.close()) }))
console.log(process.env.SOCKET_WRAPPER_DIR)`

test('shim-path prints the library, and nothing else', async () => {
  const { lines, status, stderr } = await cli('shim-path')
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(/\/libshim\.so$/)
  expect(existsSync(lines[0] ?? '')).toBe(true)
  expect([status, stderr]).toEqual(['exit 0', ''])
})

test('run brings a command into a network of its own, which is removed', async () => {
  const { lines, status, stderr } = await run({
    command: process.execPath,
    args: [bin, 'run', '--', 'node', '-e', serve.replace('process.stdout', 'process.stderr')],
  })
  expect(stderr).toBe('hi')
  expect(status).toBe('exit 0')
  expect(lines[0]).toMatch(/\/vsw-/)
  expect(existsSync(lines[0] ?? '')).toBe(false)
})

test('run takes a directory and a host, and passes the exit code on', async () => {
  const { mkdtemp } = await import('node:fs/promises')
  const dir = await mkdtemp('/tmp/vsw-cli-')
  onTestFinished(() => rm(dir, { recursive: true }))
  const listen = "require('net').createServer().listen(80, () => process.exit(5))"
  const { status } = await cli('run', '--dir', dir, '--host', '3', '--', 'node', '-e', listen)
  expect(status).toBe('exit 5')
  expect(await readdir(dir)).toContain('lo03')
  expect((await cli('run', '--dir', dir, '--', 'sh', '-c', 'kill -TERM $$')).status).toBe('exit 143')
})

test.each([
  [[], 'There is no command.'],
  [['walk'], '"walk" is no command.'],
  [['run'], 'There is no command after "--".'],
  [['run', 'node', '--', 'node'], '"node" comes before "--": the command comes after it.'],
  [['run', '--host', '65', '--', 'node'], '--host must be a whole number from 1 to 64, got "65".'],
  [['run', '--dir', `/tmp/${'x'.repeat(100)}`, '--', 'node'], 'has 105 bytes, at most 88 fit.'],
  [['run', '--', 'no-such-command'], 'Command "no-such-command" is not found.'],
])('%j is told what is wrong', async (args, message) => {
  const { status, stderr } = await cli(...args)
  expect(stderr).toContain(message)
  expect(status).toBe('exit 2')
})

test('doctor says what works here', async () => {
  const { lines, status } = await cli('doctor')
  expect(lines.map((line) => line.replace(/: .*/, ''))).toEqual([
    'ok    platform',
    'ok    preload library',
    'ok    guard',
    "ok    the test's own process",
    'ok    directory',
  ])
  expect(status).toBe('exit 0')
})

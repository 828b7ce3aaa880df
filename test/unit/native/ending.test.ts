import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { shimPath } from '../../../src/native.ts'

let dir: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ending-'))
})

afterEach(() => rmSync(dir, { recursive: true }))

// Every script has an arena that is followed, a network with connections that come and go, and channels on which something waits.
const prelude = `
const fs = require('node:fs'), net = require('node:net'), path = require('node:path')
const worker = require('node:worker_threads')
const native = require(${JSON.stringify(join(dirname(shimPath), 'addon.node'))})
native.openShim(${JSON.stringify(shimPath)})
native.install()
function openArena() {
  const dir = fs.mkdtempSync(path.join(process.env.TEST_DIR, 'n'))
  native.createArena(dir, { records: 256, sockets: 64, processes: 16, abstractClients: true })
  const arena = native.openArena(dir)
  native.addHost(arena, 1, 'test')
  return { dir, arena }
}
function connectForever(dir, onConnection) {
  const id = native.openNetwork(dir, 1, '')
  native.enterNetwork(id)
  const server = net.createServer((socket) => { socket.on('error', () => {}).end(); onConnection() })
  const connect = () => net.connect(80, '127.0.0.1').on('error', () => {}).on('close', connect).resume()
  server.listen(80, connect)
}
function waitForever() {
  const [a, b] = native.socketPair('stream')
  for (const promise of [native.receive(a, 1), native.receive(b, 1), native.send(a, [], Buffer.alloc(1 << 22))]) promise.catch(() => {})
  native.accept(native.listenUnix(path.join(process.env.TEST_DIR, 's' + worker.threadId), 'stream')).catch(() => {})
}
`

async function runScript(script: string): Promise<{ status: string | number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['--expose-gc', '-e', prelude + script], {
    env: { TEST_DIR: dir },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 20_000,
    killSignal: 'SIGKILL',
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  return { status: signal ?? code, stdout, stderr }
}

test('a follower and idle descriptors do not keep the loop alive', async () => {
  const result = await runScript(`
    native.follow(openArena().arena, () => {})
    const [a, b] = native.socketPair('stream')
    native.receive(b, 1).then(() => console.log('received'))
    setImmediate(() => native.send(a, [], Buffer.from('x')))
  `)
  expect(result).toEqual({ status: 0, stdout: 'received\n', stderr: '' })
})

test('process.exit with a follower at work', async () => {
  const result = await runScript(`
    const { dir, arena } = openArena()
    let records = 0, connections = 0
    native.follow(arena, (bytes) => { records += bytes.length })
    waitForever()
    connectForever(dir, () => { if (++connections >= 50 && records > 0) process.exit(7) })
  `)
  expect(result).toEqual({ status: 7, stdout: '', stderr: '' })
})

test('workers that are terminated at work', async () => {
  const inWorker = `
    const { dir, arena } = openArena()
    let connections = 0
    const isAtWork = () => connections >= 5 + worker.workerData.turn
    native.follow(arena, () => { while (worker.workerData.loop && isAtWork()); })
    waitForever()
    connectForever(dir, () => { connections++; if (isAtWork()) worker.parentPort.postMessage('at work') })
  `
  const result = await runScript(`
    const code = ${JSON.stringify(prelude + inWorker)}
    async function turn(turn, loop) {
      const one = new worker.Worker(code, { eval: true, workerData: { turn, loop } })
      await new Promise((resolve) => one.once('message', resolve))
      await one.terminate()
    }
    (async () => {
      for (let i = 0; i < 10; i++) await Promise.all([turn(i, false), turn(i, true)])
      console.log('done')
    })()
  `)
  expect(result).toEqual({ status: 0, stdout: 'done\n', stderr: '' })
})

test('an error of the callback is an uncaught exception', async () => {
  const result = await runScript(`
    const { dir, arena } = openArena()
    process.on('uncaughtException', (error) => { console.log(error.message); process.exit(0) })
    native.follow(arena, () => { throw new Error('from the callback') })
    connectForever(dir, () => {})
  `)
  expect(result).toEqual({ status: 0, stdout: 'from the callback\n', stderr: '' })
})

test('an arena that nobody holds is unmapped', async () => {
  const result = await runScript(`
    const mapped = () => fs.readFileSync('/proc/self/maps', 'utf8').split('\\n').filter((line) => line.endsWith('/arena')).length
    ;(() => { for (let i = 0; i < 10; i++) openArena() })()
    const before = mapped()
    gc()
    // Finalizers run in the loop.
    setImmediate(() => { gc(); setImmediate(() => console.log(before, mapped() <= 1)) })
  `)
  expect(result).toEqual({ status: 0, stdout: '10 true\n', stderr: '' })
})

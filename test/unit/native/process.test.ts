import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { shimPath } from '../../../src/native.ts'
import { infoLayout } from '../../../src/wire/layout.gen.ts'

let dir: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'process-'))
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

async function runScript(
  script: string,
  env: Record<string, string> = {},
): Promise<{ status: string | number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['--expose-gc', '-e', prelude + script], {
    env: { TEST_DIR: dir, ...env },
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
      for (let i = 0; i < 5; i++) await Promise.all([turn(i, false), turn(i, true)])
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
    // Finalizers run in the loop.
    ;(async () => {
      while (mapped() > 1) { gc(); await new Promise(setImmediate) }
      console.log(before)
    })()
  `)
  expect(result).toEqual({ status: 0, stdout: '10\n', stderr: '' })
})

test('the variables of a surrounding network put nobody into it', async () => {
  const result = await runScript(
    `const server = net.createServer().listen(0, '127.0.0.1', () => {
       console.log(native.descriptorInfo(server._handle.fd), fs.readdirSync(process.env.TEST_DIR).length)
       server.close()
     })`,
    { SOCKET_WRAPPER_DIR: dir },
  )
  expect(result).toEqual({ status: 0, stdout: 'undefined 0\n', stderr: '' })
})

test('a second copy of the package uses the shim of the first', async () => {
  const copy = join(dir, 'copy')
  cpSync(dirname(shimPath), copy, { recursive: true, filter: (path) => !path.includes('obj.target') })
  const result = await runScript(`
    const second = require(${JSON.stringify(join(copy, 'addon.node'))})
    second.openShim(${JSON.stringify(join(copy, 'libshim.so'))})
    second.install()
    const { dir, arena } = openArena()
    const id = second.openNetwork(dir, 1, '')
    console.log(native.enterNetwork(id), second.enterNetwork(id) === id)
    const server = net.createServer().listen(80, () => {
      const [ours, theirs] = [native, second].map((one) => one.descriptorInfo(server._handle.fd))
      console.log(ours.equals(theirs))
      server.close()
    })
  `)
  expect(result).toEqual({ status: 0, stdout: '0 true\ntrue\n', stderr: '' })
})

test('a preloaded shim is the one that is used', async () => {
  const copy = join(dir, 'preloaded.so')
  cpSync(shimPath, copy)
  const result = await runScript(
    `console.log(/libshim\\.so/.test(fs.readFileSync('/proc/self/maps', 'utf8')))
     const { dir } = openArena()
     native.enterNetwork(native.openNetwork(dir, 1, ''))
     const server = net.createServer().listen(80, () => {
       console.log(native.descriptorInfo(server._handle.fd).length)
       server.close()
     })`,
    { LD_PRELOAD: copy },
  )
  expect(result).toEqual({ status: 0, stdout: `false\n${String(infoLayout.size)}\n`, stderr: '' })
})

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { createSocket } from 'node:dgram'
import * as http from 'node:http'
import { createRequire } from 'node:module'
import * as net from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { missingCalls, native, shimPath } from '../../../src/native.ts'
import { decodeInfo } from '../../../src/wire/info.ts'

type Opener = { openByCall(): number; openByPointer(): number; openInLibrary(): number }

const here = fileURLToPath(new URL('.', import.meta.url))
const addonPath = join(dirname(shimPath), 'addon.node')
const require = createRequire(import.meta.url)

let built: string
let early: Opener
let dir: string
let id: number

function buildOpener(name: string): string {
  const inner = join(built, name)
  const addon = join(built, `${name}.node`)
  const flags = ['-shared', '-fPIC', '-Wall', '-Wextra', '-Werror']
  mkdirSync(inner)
  execFileSync('cc', [...flags, '-o', join(inner, 'libinner.so'), join(here, 'inner.c')])
  execFileSync('cc', [...flags, '-o', addon, join(here, 'opener.c'), `-Wl,-rpath,$ORIGIN/${name}`, '-ldl'])
  return addon
}

beforeAll(() => {
  built = mkdtempSync(join(tmpdir(), 'opener-'))
  early = require(buildOpener('early')) as Opener
  native.install()
  native.install()
})

afterAll(() => rmSync(built, { recursive: true }))

function openNetwork(): void {
  dir = mkdtempSync(join(tmpdir(), 'net-'))
  native.createArena(dir, { records: 1024, sockets: 64, processes: 16, abstractClients: true })
  const arena = native.openArena(dir)
  native.addHost(arena, 1, 'test')
  native.closeArena(arena)
  id = native.openNetwork(dir, 1, '')
  native.enterNetwork(id)
}

beforeEach(openNetwork)

afterEach(() => {
  native.enterNetwork(0)
  native.closeNetwork(id)
  rmSync(dir, { recursive: true })
})

/** Descriptors of this process that the kernel lists as bound or connected inet sockets. */
function kernelInetSockets(): string[] {
  const own = new Set(readdirSync('/proc/self/fd').map((fd) => readLink(`/proc/self/fd/${fd}`)))
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((table) =>
    readFileSync(`/proc/self/net/${table}`, 'utf8')
      .split('\n')
      .slice(1)
      .filter((line) => own.has(`socket:[${line.trim().split(/\s+/)[9] ?? ''}]`))
      .map((line) => `${table} ${line}`),
  )
}

function readLink(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return '' // the descriptor of the listing itself
  }
}

function domainOf(fd: number): string {
  // A unix socket has its type in /proc/net/unix; the kernel's inet sockets that are not bound are in no list at all.
  const inode = native.socketInode(fd)
  return new RegExp(` ${inode}( |$)`, 'm').test(readFileSync('/proc/self/net/unix', 'utf8')) ? 'unix' : 'inet'
}

async function close(server: net.Server): Promise<void> {
  server.close()
  await once(server, 'close')
}

test('http on port 80 and fetch stay in the network', async () => {
  const server = http.createServer((request, response) => response.end(`hello ${request.socket.remoteAddress ?? ''}`))
  await once(server.listen(80), 'listening')
  const response = await fetch('http://127.0.0.1/', { headers: { connection: 'close' } })
  await expect(response.text()).resolves.toBe('hello ::ffff:127.0.0.1')
  expect(kernelInetSockets()).toEqual([])
  server.closeAllConnections()
  await close(server)
})

test('net and dgram stay in the network', async () => {
  const server = net.createServer((socket) => socket.pipe(socket))
  await once(server.listen(25, '::1'), 'listening')
  const client = net.connect(25, '::1')
  client.write('echo')
  expect(String((await once(client, 'data'))[0])).toBe('echo')
  const udp = createSocket('udp4')
  udp.bind(53, '127.0.0.1')
  await once(udp, 'listening')
  udp.send('ping', 53, '127.0.0.1')
  expect((await once(udp, 'message'))[1]).toMatchObject({ address: '127.0.0.1', family: 'IPv4', port: 53 })
  expect(kernelInetSockets()).toEqual([])
  expect(readdirSync(dir).filter((name) => name.startsWith('U'))).toHaveLength(1)
  udp.close()
  client.destroy()
  await close(server)
})

test('without a network the real one is used', async () => {
  native.enterNetwork(0)
  const server = http.createServer((_, response) => response.end('real'))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  expect(kernelInetSockets()).toHaveLength(1)
  const { port } = server.address() as net.AddressInfo
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })
  await expect(response.text()).resolves.toBe('real')
  await close(server)
})

test('a refusing thread opens no inet socket', async () => {
  expect(native.enterNetwork(-1)).toBe(id)
  const client = net.connect(80, '127.0.0.1')
  const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException]
  expect(error.code).toBe('EACCES')
})

test.each(['early', 'late'])('an addon that opens sockets itself is in the network (loaded %s)', (when) => {
  const opener = when === 'early' ? early : (require(buildOpener('late')) as Opener)
  const fds = [opener.openByCall(), opener.openByPointer(), opener.openInLibrary()]
  expect(fds.map((fd) => fd >= 0 && domainOf(fd))).toEqual(['unix', 'unix', 'unix'])
  for (const fd of fds) closeSync(fd)
})

test('a thread that stays in a closed network opens no inet socket, also when another network takes its place', async () => {
  native.closeNetwork(id)
  const other = native.openNetwork(dir, 1, '')
  const server = net.createServer()
  server.listen(80)
  const [error] = (await once(server, 'error')) as [NodeJS.ErrnoException]
  expect(error.code).toBe('EACCES')
  id = other
})

test('a directory that is missing is no network', () => {
  expect(() => native.openNetwork(join(dir, 'missing'), 1, '')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
})

test('a worker thread has a network of its own', async () => {
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads')
     const native = require(workerData.addonPath)
     const net = require('node:net')
     native.openShim(workerData.shimPath)
     const before = native.enterNetwork(workerData.id)
     const server = net.createServer().listen(21, '127.0.0.1', () => {
       const info = native.descriptorInfo(server._handle.fd)
       server.close(() => parentPort.postMessage({ before, info }))
     })`,
    { eval: true, workerData: { addonPath, shimPath, id } },
  )
  native.enterNetwork(0)
  const [message] = (await once(worker, 'message')) as [{ before: number; info: Uint8Array }]
  await once(worker, 'exit')
  expect(message.before).toBe(0)
  expect(decodeInfo(Buffer.from(message.info))).toMatchObject({ state: 'listening', local: { port: 21 } })
  expect(kernelInetSockets()).toEqual([])
})

test('the infos of a passed listener travel with it', async () => {
  const server = net.createServer()
  await once(server.listen(443, '127.0.0.1'), 'listening')
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle
  const [a, b] = native.socketPair('stream')
  await native.send(a, [fd], Buffer.from('x'))
  const { descriptors } = await native.receive(b, 1)
  expect(descriptors).toHaveLength(1)
  const sent = native.descriptorInfo(fd)
  const received = native.descriptorInfo(descriptors[0] ?? -1)
  expect(sent && decodeInfo(sent)).toMatchObject({ state: 'listening', local: { address: '127.0.0.1', port: 443 } })
  expect(received && decodeInfo(received)).toEqual(sent && decodeInfo(sent))
  for (const own of [a, b, ...descriptors]) native.closeDescriptor(own)
  await close(server)
})

test('a descriptor that is no socket of a network has no info', () => {
  const [a, b] = native.socketPair('stream')
  expect([native.descriptorInfo(a), native.descriptorInfo(0)]).toEqual([undefined, undefined])
  for (const fd of [a, b]) native.closeDescriptor(fd)
})

test('names what a Node without slots lacks', () => {
  const calls = ['socket', 'connect', 'bind', 'listen', 'accept4', 'getsockname']
  expect(missingCalls([{ path: '', calls }])).toEqual([])
  expect(
    missingCalls([
      { path: '/usr/lib/libuv.so.1', calls: calls.slice(1) },
      { path: '/a/libnode.so.108', calls: ['socket'] },
    ]),
  ).toEqual([])
  expect(missingCalls([{ path: '/a/addon.node', calls }])).toEqual([
    'socket',
    'connect',
    'bind',
    'listen',
    'accept4 or accept',
    'getsockname',
  ])
})

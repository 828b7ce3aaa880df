import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ArenaHandle, native, shimPath } from '../../../src/native.ts'
import { decodeRecords, type JournalEvent } from '../../../src/wire/events.ts'
import { decodeInfo } from '../../../src/wire/info.ts'
import { infoLayout, PROCESS_SPAWNED, processLayout, readArena, readProcess } from '../../../src/wire/layout.gen.ts'

const shape = { records: 64, sockets: 64, processes: 16, abstractClients: true }

let dir: string
let arena: ArenaHandle

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'arena-'))
  native.createArena(dir, shape)
  arena = native.openArena(dir)
  native.addHost(arena, 2, 'web')
})

afterEach(() => {
  native.closeArena(arena)
  rmSync(dir, { recursive: true })
})

const view = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
const untyped = native as unknown as Record<string, (...args: unknown[]) => unknown>

/** What brings a program to host 2. */
const environment = (): Record<string, string> => ({
  LD_PRELOAD: shimPath,
  SOCKET_WRAPPER_DIR: dir,
  SOCKET_WRAPPER_DEFAULT_IFACE: '2',
  SOCKET_WRAPPER_IPV4_NETWORK: '10.53.57.0',
})

/** Runs a script of Node's under the shim, while this thread is blocked. */
function runInNetwork(script: string): void {
  execFileSync(process.execPath, ['-e', script], { env: environment() })
}

const listenOnce = `require('node:net').createServer().listen(80, '127.0.0.1', function () { this.close() })`

test('reads the head, and counts what was lost', () => {
  expect(readArena(view(native.readHead(arena)))).toMatchObject({
    version: 1,
    recordCount: 64,
    socketCount: 64,
    lost: 0n,
  })
  runInNetwork(`for (let i = 0; i < 100; i++) require('node:dgram').createSocket('udp4').bind(1000 + i).unref()`)
  expect(readArena(view(native.readHead(arena))).lost).toBeGreaterThan(0n)
})

test('reads the processes', () => {
  expect(native.readProcesses(arena)).toHaveLength(0)
  native.addProcess(arena, process.pid, process.ppid, 1, PROCESS_SPAWNED, 'vitest')
  const rows = native.readProcesses(arena)
  expect(rows).toHaveLength(processLayout.size)
  expect(readProcess(view(rows))).toMatchObject({
    pid: process.pid,
    parent: process.ppid,
    host: 1,
    flags: PROCESS_SPAWNED,
  })
})

test('reads the sockets that are there, without those that are gone', () => {
  runInNetwork(listenOnce)
  expect(native.readSockets(arena)).toHaveLength(0)
  // Killed: its socket stays in the registry, for the analysis to find.
  expect(() => runInNetwork(listenOnce.replace('this.close()', `process.kill(process.pid, 'SIGKILL')`))).toThrow(
    'Command failed',
  )
  const sockets = native.readSockets(arena)
  expect(decodeInfo(sockets)).toMatchObject({ host: 2, state: 'listening', local: { address: '127.0.0.1', port: 80 } })
  expect(sockets).toHaveLength(infoLayout.size)
})

test('takes records out of the ring while JavaScript is blocked', () => {
  const events: JournalEvent[] = []
  const stop = native.follow(arena, (records) => events.push(...decodeRecords(records)))
  for (let i = 0; i < 10; i++)
    runInNetwork(`for (let i = 0; i < 20; i++) require('node:dgram').createSocket('udp4').bind(1000 + i).unref()`)
  expect(events).toEqual([])
  stop()
  expect(events.filter((event) => event.op === 'bind')).toHaveLength(200)
  expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => BigInt(index)))
  expect(readArena(view(native.readHead(arena))).lost).toBe(0n)
})

test('calls back by itself when records come', async () => {
  const event = await new Promise<JournalEvent>((resolve) => {
    native.follow(arena, (records) => resolve(decodeRecords(records)[0] as JournalEvent))
    runInNetwork(listenOnce)
  })
  expect(event).toMatchObject({ op: 'processStart', sequence: 0n })
})

test('other events have their turn while records come without end', async () => {
  const endless = `
import socket
while True:
    with socket.socket(type=socket.SOCK_DGRAM) as one: one.bind(('127.0.0.1', 0))`
  const program = spawn('python3', ['-c', endless], { env: { ...process.env, ...environment() } })
  let calls = 0
  const mostInTurn = await new Promise<number>((resolve) => {
    let most = 0
    let sinceTurn = 0
    native.follow(arena, () => {
      most = Math.max(most, ++sinceTurn)
      if (++calls === 50) resolve(most)
      // Slower than the program, so that there is always more.
      for (const end = performance.now() + 5; performance.now() < end;);
    })
    const turn = (): void => {
      sinceTurn = 0
      if (calls < 50) setImmediate(turn)
    }
    turn()
  })
  program.kill('SIGKILL')
  await once(program, 'exit')
  expect(mostInTurn).toBeLessThanOrEqual(2)
})

test('drain gives everything before it returns', () => {
  const events: JournalEvent[] = []
  const stop = native.follow(arena, (records) => events.push(...decodeRecords(records)))
  runInNetwork(listenOnce)
  native.drain(arena)
  expect(events.map((event) => event.op)).toContain('listen')
  const count = events.length
  native.drain(arena)
  stop()
  expect(events).toHaveLength(count)
})

test('an error of the callback reaches the caller of drain and of stop', () => {
  const stop = native.follow(arena, () => {
    throw new Error('from the callback')
  })
  runInNetwork(listenOnce)
  expect(() => native.drain(arena)).toThrow('from the callback')
  runInNetwork(listenOnce)
  expect(stop).toThrow('from the callback')
  stop()
})

test('one follower at a time', () => {
  const stop = native.follow(arena, () => {})
  expect(() => native.follow(arena, () => {})).toThrow('The arena has a follower already; its journal has one reader.')
  stop()
  expect(() => native.drain(arena)).toThrow('Nobody follows the arena: follow(arena, onRecords) comes first.')
  native.follow(arena, () => {})()
})

test('an arena may be closed in the callback of its follower', () => {
  let calls = 0
  native.follow(arena, () => {
    calls++
    native.closeArena(arena)
  })
  runInNetwork(listenOnce)
  native.drain(arena)
  expect(calls).toBe(1)
  expect(() => native.readHead(arena)).toThrow('The arena is closed.')
})

test('throws system errors', () => {
  expect(() => native.createArena(dir, shape)).toThrow(
    expect.objectContaining({ code: 'EEXIST', path: join(dir, 'arena') }),
  )
  expect(() => native.createArena(dir, { ...shape, records: 100 })).toThrow(expect.objectContaining({ code: 'EINVAL' }))
  expect(() => native.openArena(join(dir, 'none'))).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  expect(() => native.openNetwork(dir, 1, 'nowhere')).toThrow(expect.objectContaining({ code: 'EINVAL' }))
  expect(() => native.enterNetwork(4000)).toThrow(expect.objectContaining({ code: 'ENOENT', syscall: 'enterNetwork' }))
  expect(() => native.enterNetworkForProcess(4000)).toThrow(
    expect.objectContaining({ syscall: 'enterNetworkForProcess' }),
  )
  expect(() => native.closeNetwork(4000)).toThrow(expect.objectContaining({ syscall: 'closeNetwork' }))
})

test.each(['short', 'wrong', 'empty'])('refuses a file that is no arena (%s)', (how) => {
  const path = join(dir, 'arena')
  native.closeArena(arena)
  if (how === 'short') truncateSync(path, 4096)
  if (how === 'wrong') writeFileSync(path, Buffer.alloc(100_000, 0xff))
  if (how === 'empty') writeFileSync(path, '')
  expect(() => native.openArena(dir)).toThrow(expect.objectContaining({ code: 'EPROTO', path }))
})

test.each([
  ['openArena', [1], 'Argument "dir" must be a string, not empty and without zero bytes, got 1.'],
  ['openArena', ['a\0b'], 'Argument "dir" must be a string, not empty and without zero bytes, got "a\0b".'],
  ['createArena', ['/x', null], 'Argument "shape" must be an object, got null.'],
  [
    'createArena',
    ['/x', { records: 'a' }],
    'Argument "shape.records" must be a whole number from 1 to 4294967295, got "a".',
  ],
  ['readHead', [{}], 'Argument "arena" must be an arena that openArena returned, got an object.'],
  ['closeArena', [], 'Argument "arena" must be an arena that openArena returned, got undefined.'],
  ['openNetwork', ['/x', 65, ''], 'Argument "host" must be a whole number from 1 to 64, got 65.'],
  ['openNetwork', ['/x', 1, undefined], 'Argument "passthrough" must be a string, got undefined.'],
  ['enterNetwork', [-2], 'Argument "id" must be a whole number from -1 to 2147483647, got -2.'],
])('%s says which argument is wrong', (name, args, message) => {
  expect(() => untyped[name]?.(...args)).toThrow(new TypeError(message))
})

test('other arguments of an open arena are checked as well', () => {
  expect(() => untyped['follow']?.(arena, 'x')).toThrow(
    new TypeError('Argument "onRecords" must be a function, got "x".'),
  )
  expect(() => native.addHost(arena, 65, 'x')).toThrow(
    new TypeError('Argument "number" must be a whole number from 1 to 64, got 65.'),
  )
  expect(() => native.addHost(arena, 1, 'x'.repeat(300))).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
})

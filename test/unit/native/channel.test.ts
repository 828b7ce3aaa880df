import {
  closeSync,
  existsSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { native, type UnixSocketType } from '../../../src/native.ts'

const types: UnixSocketType[] = ['stream', 'datagram', 'seqpacket']
const bytes = (text: string): Buffer => Buffer.from(text)

let dir: string
let opened: number[]

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'channel-'))
  opened = []
})

afterEach(() => {
  for (const fd of opened) native.closeDescriptor(fd)
  rmSync(dir, { recursive: true })
})

function own<Descriptors extends number[]>(...fds: Descriptors): Descriptors {
  opened.push(...fds)
  return fds
}

function disown(fd: number): number {
  opened = opened.filter((one) => one !== fd)
  return fd
}

const pair = (type: UnixSocketType): [number, number] => own(...native.socketPair(type))

function file(name: string, content: string): number {
  writeFileSync(join(dir, name), content)
  return own(openSync(join(dir, name), 'r'))[0]
}

function contentOf(fd: number): string {
  const room = Buffer.alloc(100)
  return room.toString('utf8', 0, readSync(fd, room, 0, room.length, 0))
}

function isCloseOnExec(fd: number): boolean {
  const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1]
  return (Number.parseInt(flags ?? '0', 8) & 0o2000000) !== 0
}

test.each(types)('carries bytes and descriptors over a %s pair', async (type) => {
  const [a, b] = pair(type)
  const first = file('first', 'one')
  const second = file('second', 'two')

  await native.send(a, [first, second], bytes('hello'))
  const message = await native.receive(b, 100)
  own(...message.descriptors)

  expect(message.bytes.toString()).toBe('hello')
  expect(message.truncated).toBe(false)
  expect(message.descriptors.map(contentOf)).toEqual(['one', 'two'])
  expect(message.descriptors.map(isCloseOnExec)).toEqual([true, true])
  expect(native.sameFile(process.pid, first, process.pid, message.descriptors[0] ?? -1)).toBe(true)
  expect(native.sameFile(process.pid, second, process.pid, message.descriptors[0] ?? -1)).toBe(false)
})

test.each(types)('waits for a message on a %s pair', async (type) => {
  const [a, b] = pair(type)
  const receiving = native.receive(b, 100)
  await native.send(a, [file('late', 'late')], bytes('x'))
  const { descriptors } = await receiving
  own(...descriptors)
  expect(descriptors.map(contentOf)).toEqual(['late'])
})

test.each(['stream', 'seqpacket'] as const)('tells the end of a %s pair', async (type) => {
  const [a, b] = pair(type)
  const receiving = native.receive(b, 100)
  native.closeDescriptor(disown(a))
  await expect(receiving).resolves.toEqual({ bytes: Buffer.alloc(0), descriptors: [], truncated: false })
})

test('carries 252 descriptors in one message', async () => {
  const [a, b] = pair('stream')
  const one = file('one', 'same')
  await native.send(a, Array<number>(252).fill(one), bytes('x'))
  const { descriptors, truncated } = await native.receive(b, 1)
  own(...descriptors)
  expect(descriptors).toHaveLength(252)
  expect(truncated).toBe(false)
  expect(descriptors.every((fd) => fstatSync(fd).ino === fstatSync(one).ino)).toBe(true)
})

test('waits for room, keeps the order and the descriptors of what waits', async () => {
  const [a, b] = pair('stream')
  const size = 1 << 20
  const waiting = openSync(join(dir, 'waiting'), 'w+')
  writeFileSync(waiting, 'waited')
  const sends = [native.send(a, [], Buffer.alloc(size, 'a')), native.send(a, [waiting], Buffer.alloc(size, 'b'))]
  closeSync(waiting)

  let text = ''
  const descriptors: number[] = []
  while (text.length < 2 * size + 1) {
    const message = await native.receive(b, 1 << 16)
    // Now there is room, and nobody has noticed yet: what waits goes first all the same.
    if (text === '') sends.push(native.send(a, [], bytes('c')))
    text += message.bytes.toString()
    descriptors.push(...own(...message.descriptors))
  }
  await Promise.all(sends)
  expect(text === `${'a'.repeat(size)}${'b'.repeat(size)}c`).toBe(true)
  expect(descriptors.map(contentOf)).toEqual(['waited'])
})

test('gives messages to receives in their order', async () => {
  const [a, b] = pair('seqpacket')
  const receives = [native.receive(b, 10), native.receive(b, 10), native.receive(b, 10)]
  for (const text of ['1', '2', '3']) await native.send(a, [], bytes(text))
  expect((await Promise.all(receives)).map((message) => message.bytes.toString())).toEqual(['1', '2', '3'])
})

test('says when a datagram was longer than the room', async () => {
  const [a, b] = pair('datagram')
  await native.send(a, [], bytes('0123456789'))
  await expect(native.receive(b, 4)).resolves.toMatchObject({ bytes: bytes('0123'), truncated: true })
})

test.each(['stream', 'seqpacket'] as const)('connects to a path and accepts (%s)', async (type) => {
  const path = join(dir, 'socket')
  const [listener] = own(native.listenUnix(path, type))
  const accepting = native.accept(listener)
  const [client] = own(native.connectUnix(path, type))
  const [server] = own(await accepting)
  await native.send(client, [], bytes('from client'))
  expect((await native.receive(server, 100)).bytes.toString()).toBe('from client')
  expect([listener, client, server].map(isCloseOnExec)).toEqual([true, true, true])
})

test('sends datagrams to a path', async () => {
  const path = join(dir, 'socket')
  const [receiver] = own(native.listenUnix(path, 'datagram'))
  const [sender] = own(native.connectUnix(path, 'datagram'))
  await native.send(sender, [], bytes('x'))
  expect((await native.receive(receiver, 1)).bytes.toString()).toBe('x')
})

test('listens on an abstract name', async () => {
  const name = `\0${dir}`
  const [listener] = own(native.listenUnix(name, 'stream'))
  own(native.connectUnix(name, 'stream'))
  own(await native.accept(listener))
  expect(existsSync(dir)).toBe(true)
})

test('rejects what waits for a descriptor that is closed', async () => {
  const [a, b] = native.socketPair('stream')
  const [listener] = [native.listenUnix(join(dir, 'socket'), 'stream')]
  const receiving = native.receive(b, 1)
  const sending = native.send(a, [], Buffer.alloc(1 << 22))
  const accepting = native.accept(listener)
  native.closeDescriptor(b)
  native.closeDescriptor(a)
  native.closeDescriptor(listener)
  await expect(receiving).rejects.toMatchObject({ code: 'ECANCELED', syscall: 'recvmsg' })
  await expect(sending).rejects.toMatchObject({ code: 'ECANCELED', syscall: 'sendmsg' })
  await expect(accepting).rejects.toMatchObject({ code: 'ECANCELED', syscall: 'accept' })
})

test('rejects a send to a closed end, without a signal', async () => {
  const [a, b] = pair('stream')
  native.closeDescriptor(disown(b))
  await expect(native.send(a, [], bytes('x'))).rejects.toMatchObject({ code: 'EPIPE', errno: -32, syscall: 'sendmsg' })
})

test('rejects a receive that waits when the peer resets', async () => {
  const [a, b] = pair('stream')
  await native.send(a, [], bytes('unread'))
  const receiving = native.receive(a, 1)
  native.closeDescriptor(disown(b))
  await expect(receiving).rejects.toMatchObject({ code: 'ECONNRESET', syscall: 'recvmsg' })
})

test('leaves no descriptor and nothing that keeps the loop alive', async () => {
  const held = (): unknown => [readdirSync('/proc/self/fd').length, process.getActiveResourcesInfo().toSorted()]
  const before = held()
  const [a, b] = native.socketPair('stream')
  const receiving = native.receive(b, 1)
  native.closeDescriptor(a)
  await receiving
  native.closeDescriptor(b)
  expect(held()).toEqual(before)
})

test('throws system errors as Node makes them', () => {
  const path = join(dir, 'nobody')
  expect(() => native.connectUnix(path, 'stream')).toThrow(
    expect.objectContaining({
      message: `ENOENT: no such file or directory, connect '${path}'`,
      code: 'ENOENT',
      errno: -2,
      syscall: 'connect',
      path,
    }),
  )
  expect(() => native.connectUnix(`/${'x'.repeat(108)}`, 'stream')).toThrow(/^ENAMETOOLONG: name too long, socket/)
  expect(() => native.closeDescriptor(0x7fffffff)).toThrow(/^EBADF: bad file descriptor, close$/)
})

// Compiled TypeScript cannot write these calls; a test in JavaScript can.
const untyped = native as unknown as Record<string, (...args: unknown[]) => unknown>

test.each([
  ['send', [1.5, [], Buffer.from('x')], 'Argument "fd" must be a whole number from 0 to 2147483647, got 1.5.'],
  ['send', [-1, [], Buffer.from('x')], 'Argument "fd" must be a whole number from 0 to 2147483647, got -1.'],
  ['send', [1, 2, Buffer.from('x')], 'Argument "descriptors" must be an array of descriptors, got 2.'],
  [
    'send',
    [1, ['a'], Buffer.from('x')],
    'Argument "descriptors[0]" must be a whole number from 0 to 2147483647, got "a".',
  ],
  [
    'send',
    [1, Array(253).fill(1), Buffer.from('x')],
    'Argument "descriptors" holds 253 descriptors; one message carries at most 252.',
  ],
  ['send', [1, [], 'x'], 'Argument "bytes" must be a Uint8Array, got "x".'],
  ['receive', [1, 0], 'Argument "maxBytes" must be a whole number from 1 to 268435456, got 0.'],
  ['socketPair', ['tcp'], 'Argument "type" must be "stream", "datagram" or "seqpacket", got "tcp".'],
  [
    'connectUnix',
    ['', 'stream'],
    'Argument "path" must be a path, or an abstract name with one zero byte at its head, got "".',
  ],
  [
    'listenUnix',
    [null, 'stream'],
    'Argument "path" must be a path, or an abstract name with one zero byte at its head, got null.',
  ],
  ['accept', [], 'Argument "fd" must be a whole number from 0 to 2147483647, got undefined.'],
  ['closeDescriptor', [{}], 'Argument "fd" must be a whole number from 0 to 2147483647, got an object.'],
  ['sameFile', [0, 1, 1, 1], 'Argument "pidA" must be a whole number from 1 to 2147483647, got 0.'],
])('%s says which argument is wrong', (name, args, message) => {
  expect(() => untyped[name]?.(...args)).toThrow(new TypeError(message))
})

test('refuses descriptors on a stream without a byte', () => {
  const [a] = pair('stream')
  expect(() => native.send(a, [a], new Uint8Array())).toThrow(
    new TypeError('Argument "bytes" is empty: a stream carries descriptors beside at least one byte.'),
  )
})

test('knows cookie and inode of a socket', () => {
  const [a, b] = pair('stream')
  expect(native.cookie(a)).toBeGreaterThan(0n)
  expect(native.cookie(a)).not.toBe(native.cookie(b))
  expect(native.socketInode(a)).toBe(fstatSync(a, { bigint: true }).ino)
  expect(() => native.cookie(file('plain', ''))).toThrow(/^ENOTSOCK/)
  expect(() => native.socketInode(file('plain', ''))).toThrow(/^ENOTSOCK/)
})

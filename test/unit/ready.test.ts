import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'

import { captureOutput } from '../../src/process/output.ts'
import { type Exit, type Ready, waitUntilReady } from '../../src/process/ready.ts'
import type { JournalEvent } from '../../src/wire/events.ts'
import type { SocketInfo } from '../../src/wire/info.ts'
import { eventWriter, someInfo } from './hand-written.ts'

const blank = eventWriter()({ op: 'none', pid: 10 })

const socket = (fields: Partial<SocketInfo> = {}): SocketInfo =>
  someInfo({
    local: { family: 'IPv4', address: '0.0.0.0', port: 80 },
    peer: null,
    state: 'listening',
    flags: [],
    bornPid: 10,
    ...fields,
  })

/** Process 10 and what becomes of it, told by hand. */
function watch(ready: Ready, { timeoutMs = 60_000, living = [] as number[] } = {}) {
  const listeners = new Set<(event: JournalEvent) => void>()
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  let end: (exit: Exit) => void = () => undefined
  const exited = new Promise<Exit>((resolve) => (end = resolve))
  const output = captureOutput(stdout)
  const result = waitUntilReady({
    pid: 10,
    program: 'server',
    ready,
    timeoutMs,
    events: {
      subscribe: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      drain: () => undefined,
    },
    exited,
    stdout: output,
    stderr: captureOutput(stderr),
    holderOf: () => '"other" (pid 7)',
    isAnyAlive: (pids) => living.some((pid) => pids.has(pid)),
  })
  return {
    result: result.then(
      ({ pid, socket: found }) => ({ pid, port: found?.local?.port ?? null }),
      ({ code, message }: { code: string; message: string }) => ({ code, message: message.split('\n')[0] }),
    ),
    stdout,
    stderr,
    output,
    exit: end,
    listeners,
    tell: (event: Partial<JournalEvent>) => listeners.forEach((listener) => listener({ ...blank, ...event })),
    end(code: number | null, words = '') {
      stderr.end(words)
      stdout.end()
      end({ code, signal: code === null ? 'SIGSEGV' : null })
    },
  }
}

const start = { op: 'processStart' } as const

test('listen is the event of the process or of a descendant, never of a stranger', async () => {
  const { tell, result, listeners } = watch('listen')
  tell(start)
  tell({ op: 'listen', pid: 99, info: socket() })
  tell({ op: 'processFork', pid: 11, detail: 10 })
  tell({ op: 'processStart', pid: 12, detail: 11 })
  tell({ op: 'bind', pid: 12, info: socket({ state: 'bound' }) })
  tell({ op: 'listen', pid: 12, info: socket() })
  expect(await result).toEqual({ pid: 12, port: 80 })
  expect(listeners.size).toBe(0)
})

test('a datagram socket is ready when it is bound, a port when it is the one', async () => {
  const datagram = socket({ type: 'datagram', protocol: 'udp', state: 'bound' })
  const udp = watch('udp-bind')
  udp.tell(start)
  udp.tell({ op: 'listen', info: socket() })
  udp.tell({ op: 'bind', info: datagram })
  expect(await udp.result).toEqual({ pid: 10, port: 80 })

  const port = watch({ port: 81 })
  port.tell(start)
  port.tell({ op: 'listen', info: socket() })
  port.tell({ op: 'listen', info: socket({ local: { family: 'IPv6', address: '::', port: 81 } }) })
  expect(await port.result).toEqual({ pid: 10, port: 81 })
})

test('a line counts once the process is known to be under the shim', async () => {
  const { stdout, tell, result } = watch(/^ready on \d+$/g)
  stdout.write('not yet\nready ')
  stdout.write('on 80\n')
  await new Promise((resolve) => setImmediate(resolve))
  tell(start)
  expect(await result).toEqual({ pid: 10, port: null })
})

test('a line may come after the end', async () => {
  const { stdout, tell, end, result } = watch(/ready/)
  tell(start)
  end(0)
  expect(await result).toMatchObject({ code: 'EXITED_BEFORE_READY' })
  const late = watch(/ready/)
  late.tell(start)
  late.stdout.end('ready\n')
  late.end(0)
  expect(await late.result).toEqual({ pid: 10, port: null })
  expect(stdout.destroyed).toBe(true)
})

test('a process that ends before it is ready is told with its last lines', async () => {
  const { tell, end, result } = watch('listen')
  tell(start)
  end(3, 'boom\n')
  expect(await result).toEqual({
    code: 'EXITED_BEFORE_READY',
    message: 'Process "server" (pid 10) ended with code 3 before it listened. Last lines of its stderr:',
  })
})

test('a refused bind is the reason of the end, with the holder', async () => {
  const { tell, end, result } = watch('listen')
  tell(start)
  tell({ op: 'bind', result: -98, info: socket({ state: 'open' }) })
  end(1)
  expect(await result).toEqual({
    code: 'ADDRESS_REFUSED',
    message:
      'Process "server" (pid 10) ended with code 1: bind to 0.0.0.0:80 gave EADDRINUSE, held by "other" (pid 7). It has written nothing.',
  })
})

test('a process that was never under the shim is told so at its end and at the timeout', async () => {
  const ended = watch('exit')
  ended.end(0)
  expect(await ended.result).toMatchObject({ code: 'NOT_UNDER_SHIM' })
  const running = watch('listen', { timeoutMs: 1 })
  expect(await running.result).toMatchObject({
    code: 'NOT_UNDER_SHIM',
    message: expect.stringMatching(/^Process "server" \(pid 10\) runs since 1 ms, and is not under the shim/),
  })
})

test('an exec without a start is a program that the loader did not preload', async () => {
  const replaced = watch('exit')
  replaced.tell(start)
  replaced.tell({ op: 'processExec', text: 'ldconfig' })
  replaced.end(0)
  expect(await replaced.result).toEqual({
    code: 'NOT_UNDER_SHIM',
    message:
      'Process "server" (pid 10) ended with code 0, and is not under the shim: the loader did not take it for its last program, "ldconfig" (a static binary, file capabilities, an exec that failed). Whatever it opened was on the real network. It has written nothing.',
  })

  const tried = watch('listen')
  tried.tell(start)
  tried.tell({ op: 'processExec', text: 'not-there' })
  tried.tell({ op: 'listen', info: socket() })
  expect(await tried.result).toEqual({ pid: 10, port: 80 })
})

test('the timeout says what was expected and what happened instead', async () => {
  const { tell, result } = watch('listen', { timeoutMs: 1 })
  tell(start)
  tell({ op: 'bind', info: socket({ type: 'datagram', protocol: 'udp', state: 'bound' }) })
  expect(await result).toEqual({
    code: 'READY_TIMEOUT',
    message: 'Process "server" (pid 10) never listened within 1 ms. What it did instead:',
  })
})

test('a daemon is ready by its child, after its parent has ended', async () => {
  const { tell, end, result } = watch('listen', { living: [11] })
  tell(start)
  tell({ op: 'processFork', pid: 11, detail: 10 })
  end(0)
  await new Promise((resolve) => setImmediate(resolve))
  tell({ op: 'listen', pid: 11, info: socket() })
  expect(await result).toEqual({ pid: 11, port: 80 })
})

test('a daemon that ends before it is ready is told when it does', async () => {
  const living = [11]
  const { tell, end, result } = watch('listen', { living })
  tell(start)
  tell({ op: 'processFork', pid: 11, detail: 10 })
  end(0)
  await new Promise((resolve) => setImmediate(resolve))
  living.pop()
  tell({ op: 'processExit', pid: 11 })
  expect(await result).toMatchObject({ code: 'EXITED_BEFORE_READY' })
})

test('ready by its end needs an end, with whatever code', async () => {
  const { tell, end, result } = watch('exit')
  tell(start)
  tell({ op: 'listen', info: socket() })
  end(4)
  expect(await result).toEqual({ pid: 10, port: null })
})

test('ready by its end comes after what it wrote last', async () => {
  const { tell, exit, stdout, stderr, output, result } = watch('exit')
  tell(start)
  const text = result.then(() => output.text())
  exit({ code: 0, signal: null })
  await new Promise((resolve) => setImmediate(resolve))
  stdout.end('done\n')
  stderr.end()
  expect(await text).toBe('done\n')
})

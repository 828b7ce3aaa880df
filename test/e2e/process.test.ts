// @vitest-environment socket-wrapper
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, onTestFinished, vi } from 'vitest'

import { expect, type Network, test } from '../../src/test.ts'

const listen = (port: number, more = '') => ['-e', `require('net').createServer().listen(${port}); ${more}`]

/** The message of a spawn that must fail, without what differs from run to run. */
async function failure(spawned: Promise<unknown>): Promise<string> {
  const error = await spawned.then(
    () => new Error('it was spawned'),
    (reason: Error) => reason,
  )
  return error.message.replaceAll(/pid \d+/g, 'pid N')
}

describe('ready', () => {
  test('a process is ready when it listens, with address, port, pid and time', async ({ network }) => {
    const before = process.hrtime.bigint()
    const server = await network.host('web').spawn('node', listen(80))
    expect(server).toMatchObject({
      program: 'node',
      host: 'web',
      address: { family: 'IPv6', address: '::', port: 80 },
      port: 80,
      exit: null,
    })
    expect(server.ready).toMatchObject({ pid: server.pid, socket: { state: 'listening' } })
    expect(server.ready.timeNs).toBeGreaterThan(before)
    expect(server.ready.timeNs).toBeLessThan(process.hrtime.bigint())
    expect(server.pids()).toEqual([server.pid])
    expect(server).toBeListeningOn(80)
  })

  test('it may be a child that listens', async ({ network }) => {
    const server = await network.spawn('sh', ['-c', `node -e "require('net').createServer().listen(80)"; true`])
    expect(server.ready.pid).not.toBe(server.pid)
    expect(server.pids()).toEqual([server.pid, server.ready.pid])
  })

  test('it may be a datagram socket, a port, a line, the start or the end', async ({ network }) => {
    const udp = await network.spawn('node', ['-e', "require('dgram').createSocket('udp4').bind(53)"], {
      ready: 'udp-bind',
    })
    expect(udp.address).toEqual({ family: 'IPv4', address: '0.0.0.0', port: 53 })
    const second = await network.spawn('node', listen(1, "require('net').createServer().listen(2)"), {
      ready: { port: 2 },
    })
    expect(second.port).toBe(2)
    const line = await network.spawn('sh', ['-c', 'echo one; echo ready; exec sleep 60'], { ready: /^ready$/ })
    expect(line.stdout.text()).toBe('one\nready\n')
    const sleeper = await network.spawn('sleep', ['60'], { ready: 'spawned' })
    expect(sleeper.port).toBeNull()
    const ended = await network.spawn('sh', ['-c', 'exit 7'], { ready: 'exit' })
    expect(ended.exit).toEqual({ code: 7, signal: null })
  })

  test('a daemon goes on after its parent', async ({ network }) => {
    const daemon = `const { spawn } = require('child_process')
      spawn('node', ['-e', "require('net').createServer().listen(80)"], { detached: true, stdio: 'ignore' }).unref()`
    const server = await network.spawn('node', ['-e', daemon])
    expect(await server.exited).toEqual({ code: 0, signal: null })
    expect(server.pids()).toEqual([server.ready.pid])
    await server.stop()
    expect(server.pids()).toEqual([])
  })
})

describe('not ready', () => {
  test('a command that is not there', async ({ network }) => {
    expect(await failure(network.spawn('no-such-command'))).toMatch(
      /^Command "no-such-command" is not found\. Looked in the PATH of the process:\n {2}- \//,
    )
    expect(await failure(network.spawn('sleep', ['1'], { cwd: '/nowhere' }))).toBe(
      'Command "sleep" can\'t be started in /nowhere: the directory does not exist.',
    )
  })

  test('an option that has no sense is told before it starts', async ({ network }) => {
    const told = (options: object): Promise<string> => failure(network.spawn('sleep', ['1'], options))
    const ready = `Option "ready" of a spawn must be 'listen', 'udp-bind', 'exit', 'spawned', a RegExp or { port } from 1 to 65535, got`
    expect(await told({ ready: 'listens' })).toBe(`${ready} "listens".`)
    expect(await told({ ready: { port: '80' } })).toBe(`${ready} {"port":"80"}.`)
    expect(await told({ readyTimeoutMs: '5' })).toBe(
      'Option "readyTimeoutMs" of a spawn must be a positive number of milliseconds, got "5".',
    )
    expect(await told({ share: 'read' })).toBe('Option "share" of a spawn must be "accept", got "read".')
    expect(await told({ inherit: ['3'] })).toBe(
      'Option "inherit" of a spawn must be a list of descriptor numbers, got ["3"].',
    )
    expect(await told({ leaks: 'no' })).toBe('Option "leaks" of a spawn must be "off", "warn" or "fail", got "no".')
    expect(await told({ readyTimeout: 5 })).toBe(
      'Option "readyTimeout" of a spawn must be left out (there are env, cwd, stdio, ready, readyTimeoutMs, stopAfterMs, share, inherit, leaks, execArgv), got 5.',
    )
    expect(await failure(network.spawn(JSON.parse('null')))).toBe(
      'Option "command" of a spawn must be a name or a path, got null.',
    )
    expect(network.timeline.processes().filter(({ program }) => program === 'sleep')).toEqual([])
  })

  test('a process that ends before it listens is told at once, with its last lines', async ({ network }) => {
    const spawned = network.spawn('sh', ['-c', 'echo one >&2; echo two >&2; exit 3'], { readyTimeoutMs: 60_000 })
    expect(await failure(spawned)).toBe(
      'Process "sh" (pid N) ended with code 3 before it listened. Last lines of its stderr:\n  | one\n  | two',
    )
    const killed = network.spawn('sh', ['-c', 'kill -SEGV $$'], { readyTimeoutMs: 60_000 })
    expect(await failure(killed)).toBe(
      'Process "sh" (pid N) was ended by SIGSEGV before it listened. It has written nothing.',
    )
  })

  test('two processes on one port: the second one is told who has it', async ({ network }) => {
    const first = await network.spawn('node', listen(80))
    const error: Error = await network.spawn('node', listen(80), { readyTimeoutMs: 60_000 }).then(
      () => new Error('it was spawned'),
      (reason: Error) => reason,
    )
    expect(error.message).toMatch(
      /^Process "node" \(pid \d+\) ended with code 1: bind to \[::\]:80 gave EADDRINUSE, held by "node" \(pid \d+\)\./,
    )
    expect(error.message).toContain(`held by "node" (pid ${first.pid})`)
    expect(error.message).toContain('| Error: listen EADDRINUSE: address already in use :::80')
    expect(error.stack).toMatch(/process\.test\.ts/)
  })

  test("the test's own server is named as the holder as well", async ({ network }) => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(80, resolve))
    expect(await failure(network.spawn('node', listen(80)))).toContain('held by the test itself (pid N)')
  })

  test('a process that does something else is told at the timeout', async ({ network }) => {
    const udp = "require('dgram').createSocket('udp4').bind(53)"
    // It must have bound before the time is over: the first one tells when.
    await network.host('a').spawn('node', ['-e', udp], { ready: 'udp-bind' })
    const spawned = network.host('b').spawn('node', ['-e', udp], { readyTimeoutMs: 3000 })
    expect(await failure(spawned)).toBe(
      'Process "node" (pid N) never listened within 3000 ms. What it did instead:\n' +
        '  - bind udp 0.0.0.0:53\nIt has written nothing.\nRaise readyTimeoutMs, or say with `ready` what to wait for.',
    )
    expect(network.processes).toHaveLength(1)
  })

  test('a static binary is told before it starts', async ({ network }) => {
    const program = join(network.dir, 'static-program')
    // The head of a 64-bit program for this machine without a loader: no section of it is ever read.
    const head = Buffer.alloc(120)
    head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
    head.writeUInt16LE(process.arch === 'arm64' ? 183 : 62, 18)
    head.writeBigUInt64LE(64n, 32)
    head.writeUInt16LE(56, 54)
    await writeFile(program, head, { mode: 0o755 })
    expect(await failure(network.spawn(program))).toMatch(
      /^Command ".*" can't run in the network: .*static-program is a static binary, which loads no shim/,
    )
  })

  test('a static binary that a program turns into is told when it ends', async ({ network }) => {
    const spawned = network.spawn('sh', ['-c', 'exec ldconfig --version'], {
      env: { PATH: '/sbin:/bin' },
      ready: 'exit',
    })
    expect(await failure(spawned)).toMatch(
      /^Process "sh" \(pid N\) ended with code 0, and is not under the shim: .* its last program, "ldconfig"/,
    )
  })

  test('a program keeps the shim when it wipes the environment', async ({ network }) => {
    const server = await network.spawn('env', ['-i', process.execPath, ...listen(80)])
    expect(server.port).toBe(80)
  })
})

describe('running', () => {
  test('output is a stream and lines, input is a stream', async ({ network }) => {
    const cat = await network.spawn('sh', ['-c', 'echo begin; cat; echo words >&2'], { ready: /begin/ })
    cat.stdin?.end('first\nsecond\n')
    const lines: string[] = []
    for await (const line of cat.stdout.lines()) lines.push(line)
    expect(lines).toEqual(['begin', 'first', 'second'])
    let text = ''
    for await (const chunk of cat.stderr) text += String(chunk)
    expect(text).toBe('words\n')
    expect(await cat.exited).toEqual({ code: 0, signal: null })
  })

  test('environment and directory are its own', async ({ network }) => {
    const env = { OWN: 'yes', HOME: undefined }
    const shell = await network.spawn('sh', ['-c', 'echo "$OWN,${HOME-none},$(pwd)"'], {
      env,
      cwd: '/',
      ready: 'exit',
    })
    expect(shell.stdout.text()).toBe('yes,none,/\n')
  })

  test('stop ends it, and its children', async ({ network }) => {
    const server = await network.spawn('sh', [
      '-c',
      'sleep 60 & exec node -e "require(\'net\').createServer().listen(80)"',
    ])
    expect(server.pids()).toHaveLength(2)
    expect(await server.stop()).toEqual({ code: null, signal: 'SIGTERM' })
    expect(server.exit).toEqual({ code: null, signal: 'SIGTERM' })
    expect(server.pids()).toEqual([])
    expect(await server.stop()).toEqual({ code: null, signal: 'SIGTERM' })
    expect(server.signal('SIGTERM')).toBe(false)
  })

  test('who does not listen to SIGTERM gets SIGKILL after the stated time', async ({ network }) => {
    const deaf = await network.spawn('node', ['-e', `process.on('SIGTERM', () => {}); ${listen(80)[1]}`], {
      stopAfterMs: 50,
    })
    expect(await deaf.stop()).toEqual({ code: null, signal: 'SIGKILL' })
  })

  test('signal sends one', async ({ network }) => {
    const server = await network.spawn('node', listen(80, "process.once('SIGHUP', () => console.log('again'))"))
    expect(server.signal('SIGHUP')).toBe(true)
    for await (const line of server.stdout.lines()) {
      expect(line).toBe('again')
      break
    }
  })

  test('a port is free again after stop, and a disposed process is stopped', async ({ network }) => {
    const first = await network.spawn('node', listen(80))
    await first[Symbol.asyncDispose]()
    const second = await network.spawn('node', listen(80))
    expect(second.port).toBe(80)
  })

  test('fork starts a module with a channel for messages', async ({ network }) => {
    const module = join(network.dir, 'module.cjs')
    await writeFile(
      module,
      "process.on('message', (m) => process.send(m + process.argv[2])); require('net').createServer().listen(80)",
    )
    const forked = await network.host('web').fork(module, ['!'])
    forked.child.send('hello')
    expect(await new Promise((resolve) => forked.child.once('message', resolve))).toBe('hello!')
    expect(forked.program).toBe(`${process.execPath.replace(/.*\//, '')} module.cjs`)
  })
})

test('fake timers of a test do not touch its network', async ({ network }) => {
  onTestFinished(() => void vi.useRealTimers())
  vi.useFakeTimers()
  const server = await network.spawn('node', listen(80))
  expect(server.readyAfterMs).toBeGreaterThan(0)
  await expect(network.nextPass({ timeoutMs: 1 })).rejects.toThrow('No pass was received within 1 ms')
  expect(await failure(network.spawn('sleep', ['60'], { readyTimeoutMs: 1 }))).toMatch(
    /never listened within 1 ms|runs since 1 ms/,
  )
  expect(await server.stop()).toEqual({ code: null, signal: 'SIGTERM' })
})

describe('after a test', () => {
  const left: { network: Network | undefined; pids: number[] } = { network: undefined, pids: [] }

  test('which leaves processes of all kinds', async ({ network }) => {
    left.network = network
    const server = await network.spawn('sh', [
      '-c',
      'sleep 61 & exec node -e "require(\'net\').createServer().listen(80)"',
    ])
    const { spawn } = await import('node:child_process')
    const own = spawn('sleep', ['62'])
    await new Promise((resolve) => own.once('spawn', resolve))
    left.pids.push(...server.pids(), own.pid ?? 0)
    void network.spawn('sleep', ['63'])
  })

  test('none of them is there, nor the directory, and the network says that it is closed', async () => {
    const { network, pids } = left
    expect(pids).toHaveLength(3)
    for (const pid of pids) expect(existsSync(`/proc/${pid}/cwd`)).toBe(false)
    expect(existsSync(network?.dir ?? '')).toBe(false)
    expect(await failure(network?.spawn('sleep', ['1']) ?? Promise.resolve())).toMatch(
      /^spawn of "sleep" came after the end of its test: the network in .* is closed\./,
    )
    await expect(network?.nextPass()).rejects.toThrow('nextPass came after the end of its test')
    expect(() => network?.host('late')).toThrow('host("late") came after the end of its test')
  })
})

describe('after a test whose process ends right after its fork', () => {
  const dirs: string[] = []

  test.for(Array.from({ length: 10 }, (_, round) => round))('which is a daemon, round %i', async (_, { network }) => {
    dirs.push(network.dir)
    await network.spawn('sh', ['-c', 'setsid sleep 64 & exit 0'], { ready: 'exit' })
  })

  test('its child is not there', () => {
    const left = readdirSync('/proc').filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'latin1')
        return dirs.some((dir) => environment.includes(`SOCKET_WRAPPER_DIR=${dir}\0`))
      } catch {
        return false
      }
    })
    expect(dirs).toHaveLength(10)
    expect(left).toEqual([])
  })
})

import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

import {
  compileProgram,
  createArena,
  run,
  shimEnvironment,
  shimUnderTest,
  withDirectory,
  type Result,
} from '../helpers.ts'

type Trouble = {
  readonly directory: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Runs directory_use, if we are root as a user to whom file modes mean something. */
async function use(scratch: string, { directory, args = [], env = {} }: Trouble): Promise<Result & { log: string }> {
  const program = join(scratch, 'directory_use')
  const shim = join(scratch, 'shim.so')
  const log = join(scratch, 'log')
  await copyFile(await compileProgram('under/directory_use'), program)
  await copyFile(shimUnderTest, shim)
  await writeFile(log, '')
  await Promise.all([chmod(scratch, 0o755), chmod(program, 0o755), chmod(shim, 0o755), chmod(log, 0o666)])
  const environment = shimEnvironment(directory, { VITEST_SOCKET_WRAPPER_LOG: log, ...env })
  environment['LD_PRELOAD'] = environment['LD_PRELOAD']?.replace(shimUnderTest, shim) ?? shim
  const result = await run({ command: program, args, env: environment, asNobody: process.getuid?.() === 0 })
  return { ...result, log: await readFile(log, 'utf8') }
}

const refused = (socket: string, then: string, count = 2): string[] =>
  ['IPv4', 'IPv6']
    .slice(0, count)
    .flatMap((family) => [
      `${count === 2 ? 'now' : 'after'}, ${family}`,
      `socket: ${socket}`,
      `bind: ${then}`,
      `listen: ${then}`,
      `socket: ${socket}`,
      `connect to nobody: ${then}`,
      `datagram socket: ${socket}`,
      `sendto nobody: ${then}`,
    ])

describe('a directory that cannot be used is an errno and one line in the log', () => {
  test('missing', async () => {
    await withDirectory(async (scratch) => {
      const directory = join(scratch, 'missing')
      const result = await use(scratch, { directory })
      expect(result).toMatchObject({ status: 'exit 0', stderr: '' })
      expect(result.lines).toEqual([...refused('ENOENT', 'EBADF'), 'a unix socket: a descriptor', 'end'])
      expect(result.log).toMatch(
        /^socket-wrapper ERROR\[\d+\] \w+: SOCKET_WRAPPER_DIR .*\/missing cannot be used \(errno 2\): inet sockets of this process fail with it\n$/,
      )
    })
  })

  test('too long: the log names the limit and the length', async () => {
    await withDirectory(async (scratch) => {
      const directory = join(scratch, 'd'.repeat(110))
      await mkdir(directory)
      const result = await use(scratch, { directory })
      expect(result.lines).toEqual([...refused('ENAMETOOLONG', 'EBADF'), 'a unix socket: a descriptor', 'end'])
      expect(result.log).toMatch(
        new RegExp(
          `^socket-wrapper ERROR\\[\\d+\\] \\w+: directory .* has ${String(directory.length)} bytes, at most 88 fit: use a shorter path\n$`,
        ),
      )
    })
  })

  test('as long as can be: it works', async () => {
    await withDirectory(async (scratch) => {
      const directory = join(scratch, 'd'.repeat(88 - scratch.length - 1))
      await mkdir(directory)
      await chmod(directory, 0o777)
      const result = await use(scratch, { directory })
      expect(result).toMatchObject({ status: 'exit 0', stderr: '', log: '' })
      expect(result.lines).toContain('listen: 0')
    })
  })

  test('unwritable', async () => {
    await withDirectory(async (scratch) => {
      const directory = join(scratch, 'unwritable')
      await mkdir(directory)
      await chmod(directory, 0o555)
      const result = await use(scratch, { directory })
      expect(result).toMatchObject({ status: 'exit 0', stderr: '' })
      expect(result.lines).toEqual([...refused('a descriptor', 'EACCES'), 'a unix socket: a descriptor', 'end'])
      expect(result.log).toMatch(
        /^socket-wrapper ERROR\[\d+\] \w+: directory .*\/unwritable cannot be used \(errno 13\): .*\n$/,
      )
    })
  })

  test.each([
    ['in a plain wrapper', false],
    ['in a network', true],
  ])('deleted while in use, %s: what is open goes on', async (_, withArena) => {
    await withDirectory(async (scratch) => {
      const directory = join(scratch, 'n', 'deleted')
      await mkdir(directory, { recursive: true })
      if (withArena) await createArena(directory)
      await Promise.all([chmod(join(scratch, 'n'), 0o777), chmod(directory, 0o777)])
      if (withArena) await chmod(join(directory, 'arena'), 0o666)
      const result = await use(scratch, {
        directory,
        args: ['delete'],
        env: withArena ? { SOCKET_WRAPPER_IPV4_NETWORK: '10.53.57.0' } : {},
      })
      expect(result).toMatchObject({ status: 'exit 0', stderr: '' })
      expect(result.lines.slice(0, 4)).toEqual([
        'an open connection, send: 5',
        'an open connection, recv: 5',
        'connected datagrams, send: 2',
        'connected datagrams, recv: 2',
      ])
      expect(result.lines[4]).toBe('a listener: local 127.0.0.1:server (16 bytes)')
      expect(result.lines[5]).toBe(
        withArena ? 'connect to the listener: ENETUNREACH' : 'connect to the listener: EADDRNOTAVAIL',
      )
      const after = refused('a descriptor', 'EADDRNOTAVAIL', 1)
      if (withArena) after[5] = 'connect to nobody: ENETUNREACH'
      expect(result.lines.slice(6)).toEqual([...after, 'end'])
      expect(result.log).toMatch(
        /^socket-wrapper ERROR\[\d+\] \w+: directory .*\/deleted cannot be used \(errno 2\): .*\n$/,
      )
    })
  })
})

import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

import { compileProgram, run, shimEnvironment, withDirectory, type Result } from '../helpers.ts'

/** Runs under/limits with variables as a user may set them. */
async function limits(what: string, variables: Readonly<Record<string, string>>): Promise<Result & { log: string }> {
  return withDirectory(async (directory) => {
    const network = join(directory, 'n')
    const log = join(directory, 'log')
    await mkdir(network)
    const env = shimEnvironment(network, { VITEST_SOCKET_WRAPPER_LOG: log, ...variables })
    const result = await run({ command: await compileProgram('under/limits'), args: [what], env })
    expect(result).toMatchObject({ status: 'exit 0', stderr: '' })
    expect(result.lines.at(-1)).toBe('end')
    return { ...result, log: await readFile(log, 'utf8').catch(() => '') }
  })
}

describe('SOCKET_WRAPPER_DEFAULT_IFACE', () => {
  test.each([
    ['', 1],
    ['0', 1],
    ['7', 7],
    ['7x', 7],
    ['64', 64],
    ['65', 1],
    ['170', 1],
    ['-3', 1],
    ['abc', 1],
  ])('"%s" means interface %d', async (value, host) => {
    const result = await limits('addresses', { SOCKET_WRAPPER_DEFAULT_IFACE: value })
    expect(result.lines[0]).toBe(`the any address leads to: peer 127.0.0.${String(host)}:80 (16 bytes)`)
    expect(result.log).toBe('')
  })
})

describe('SOCKET_WRAPPER_IPV4_NETWORK', () => {
  test('10.53.57.0: every host has a 127.0.0.1 of its own', async () => {
    const result = await limits('addresses', {
      SOCKET_WRAPPER_IPV4_NETWORK: '10.53.57.0',
      SOCKET_WRAPPER_DEFAULT_IFACE: '7',
    })
    expect(result.lines[0]).toBe('the any address leads to: peer 127.0.0.1:80 (16 bytes)')
    expect(result.log).toBe('')
  })

  test.each(['', '192.168.0.0'])('"%s" is told in the log, and 127.0.0.0 is used', async (value) => {
    const result = await limits('addresses', { SOCKET_WRAPPER_IPV4_NETWORK: value, SOCKET_WRAPPER_DEFAULT_IFACE: '7' })
    expect(result.lines[0]).toBe('the any address leads to: peer 127.0.0.7:80 (16 bytes)')
    expect(result.log).toMatch(
      new RegExp(
        `^socket-wrapper ERROR\\[\\d+\\] \\w+: SOCKET_WRAPPER_IPV4_NETWORK is "${value}", allowed are 127.0.0.0 and 10.53.57.0: 127.0.0.0 is used\n$`,
      ),
    )
  })
})

describe('limits', () => {
  test('SOCKET_WRAPPER_MAX_SOCKETS: ENFILE, until one is closed', async () => {
    const result = await limits('sockets', { SOCKET_WRAPPER_MAX_SOCKETS: '10' })
    expect(result.lines).toEqual([
      '10 sockets, then ENFILE',
      'one closed: a descriptor',
      'a copy needs none: a descriptor',
      'a unix socket needs none: a descriptor',
      'end',
    ])
  })

  test.each([
    ['0', ''],
    ['junk', ''],
    ['-5', 'SOCKET_WRAPPER_MAX_SOCKETS is "-5", the most is 262140, which is used\n'],
    ['999999999', 'SOCKET_WRAPPER_MAX_SOCKETS is "999999999", the most is 262140, which is used\n'],
  ])('SOCKET_WRAPPER_MAX_SOCKETS "%s" is no small number', async (value, log) => {
    const result = await limits('sockets', { SOCKET_WRAPPER_MAX_SOCKETS: value })
    expect(result.lines[0]).toBe('64 sockets')
    expect(result.log.replace(/^.*?: /, '')).toBe(log)
  })

  test('RLIMIT_NOFILE: EMFILE, and what is open goes on', async () => {
    const result = await limits('descriptors', {})
    const kernel = await run({ command: await compileProgram('under/limits'), args: ['descriptors'] })
    expect(result.lines).toEqual(kernel.lines)
  })
})

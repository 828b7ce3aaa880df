import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

import { compileProgram, createArena, run, shimEnvironment, withDirectory, type Place } from '../helpers.ts'

/** What strace wrote about a program under the shim. */
async function trace(
  program: string,
  place: Place,
  options: readonly string[],
  args: readonly string[] = [],
): Promise<string> {
  return withDirectory(async (directory) => {
    const network = join(directory, 'n')
    const output = join(directory, 'strace')
    await mkdir(network)
    if (place === 'network') await createArena(network)
    const { LD_PRELOAD, ...env } = shimEnvironment(
      network,
      place === 'network' ? { SOCKET_WRAPPER_IPV4_NETWORK: '10.53.57.0' } : {},
    )
    const command = await compileProgram(program)
    /* strace itself stays outside of the network. */
    const result = await run({
      command: 'strace',
      args: ['-f', '-o', output, ...options, '-E', `LD_PRELOAD=${LD_PRELOAD ?? ''}`, command, ...args],
      env,
    }).catch((error: unknown) => {
      throw new Error('strace cannot be started: run scripts/servers.sh as root', { cause: error })
    })
    expect(result).toMatchObject({ status: 'exit 0', stderr: '' })
    expect(result.lines.at(-1)).toBe('end')
    return readFile(output, 'utf8')
  })
}

/** Calls by name, from the table of strace -c. */
async function countCalls(place: Place, kind: string, messages: number): Promise<Map<string, number>> {
  const table = await trace('under/data_path', place, ['-c'], [kind, String(messages)])
  const rows = table.split('\n').flatMap((line) => {
    const match = /^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ +)?(\w+)$/.exec(line)
    return match?.[1] === undefined || match[2] === undefined || match[2] === 'total'
      ? []
      : ([[match[2], Number(match[1])]] as const)
  })
  return new Map(rows)
}

describe.each([
  ['in a plain wrapper', 'bare'],
  ['in a network', 'network'],
] as const)('%s', (_, place) => {
  test.each([
    ['stream', { sendto: 10_000, recvfrom: 10_000 }],
    ['connected', { sendmsg: 10_000, recvmsg: 10_000 }],
    ['datagram', { sendmsg: 10_000, recvmsg: 10_000 }],
  ])('10000 messages over a %s socket are 20000 system calls and no other', async (kind, expected) => {
    const [none, many] = await Promise.all([countCalls(place, kind, 0), countCalls(place, kind, 10_000)])
    const more = [...many]
      .map(([name, calls]) => [name, calls - (none.get(name) ?? 0)] as const)
      .filter(([, calls]) => calls !== 0)
    expect(Object.fromEntries(more)).toEqual(expected)
  })

  test.each(['stream_forms', 'datagram_forms', 'dual_stack', 'connect_errors', 'names_datagram', 'raw_syscalls'])(
    '%s makes no inet socket in the kernel',
    async (program) => {
      const calls = await trace(program, place, ['-e', 'trace=socket'])
      expect(calls).toMatch(/socket\(AF_UNIX/)
      expect(calls).not.toMatch(/socket\(AF_INET/)
    },
  )
})

test('names of a network are found without an inet socket', async () => {
  const calls = await trace('resolve_local', 'network', ['-e', 'trace=socket,connect'])
  expect(calls).not.toMatch(/AF_INET|AF_NETLINK/)
})

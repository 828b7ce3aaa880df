import { readFileSync } from 'node:fs'
import { chmod, copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'

import {
  compileProgram,
  createArena,
  run,
  runProgram,
  shimEnvironment,
  shimUnderTest,
  withDirectory,
} from '../helpers.ts'
import { sameAsKernel } from './same.ts'

sameAsKernel('users', 'chroot')

const isRoot = process.getuid?.() === 0

test('a user whom no process of the network has become has no way in, also once it is open for others', async () => {
  await withDirectory(async (scratch) => {
    const [directory, outsider, shim] = ['n', 'outsider', 'shim.so'].map((name) => join(scratch, name)) as [
      string,
      string,
      string,
    ]
    await mkdir(directory, 0o700)
    await createArena(directory)
    await copyFile(await compileProgram('under/directory_use'), outsider)
    await copyFile(shimUnderTest, shim)
    await Promise.all([chmod(scratch, 0o711), chmod(outsider, 0o755), chmod(shim, 0o755)])
    const env = shimEnvironment(directory, { SOCKET_WRAPPER_IPV4_NETWORK: '10.53.57.0' })
    const inside = await run({ command: await compileProgram('users'), env })
    expect(inside).toMatchObject({ status: 'exit 0', stderr: '' })
    env['LD_PRELOAD'] = env['LD_PRELOAD']?.replace(shimUnderTest, shim) ?? shim
    const { lines } = await run({ command: outsider, env, asNobody: isRoot })
    // Who is not root is its only user, and has become nobody else.
    const answer = isRoot ? 'EACCES' : '0'
    expect(lines.slice(2, 4)).toEqual([`bind: ${answer}`, `listen: ${answer}`])
  })
})

/** What a machine allows everybody (ip(7)); 1024 unless somebody has changed it. */
const firstForAll = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'))

test.each([
  ['kernel', firstForAll > 997 ? 'EACCES' : '0'],
  ['bare', '0'],
  ['network', '0'],
  ['second host', '0'],
] as const)('a port below 1024 answers an ordinary user (%s): %s', async (place, answer) => {
  const { lines, status, stderr, log, left } = await runProgram('privileged_ports', place)
  const binds = ['stream', 'datagrams', 'stream', 'datagrams', 'bindresvport'].map((what) => `${what}: ${answer}`)
  expect({ lines, status, stderr, log, left }).toEqual({
    lines: [...binds, 'end'],
    status: 'exit 0',
    stderr: '',
    log: '',
    left: [],
  })
})

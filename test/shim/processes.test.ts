import { expect, test } from 'vitest'

import { runProgram } from '../helpers.ts'
import { sameAsKernel } from './same.ts'

sameAsKernel(
  'shared_unknown',
  'fork_shared',
  'fork_names',
  'fork_server',
  'exec_listener',
  'spawn_child',
  'spawn_listener',
  'exec_forms',
  'fork_forms',
  'kill_anywhere',
  'seccomp_own',
  'umask',
)

test('a program whose seccomp filter ends it for any other call asks the name server of its network', async () => {
  const { lines, status, log } = await runProgram('seccomp_own', 'network', ['ask'])
  expect(lines).toEqual([
    '38 bytes, address 10.53.57.1',
    '38 bytes, address 10.53.57.1',
    'connect: 0',
    'write: 24',
    'read: 40',
    'end',
  ])
  expect({ status, log }).toEqual({ status: 'exit 0', log: '' })
})

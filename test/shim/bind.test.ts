import { expect, test } from 'vitest'

import { runProgram } from '../helpers.ts'
import { sameAsKernel } from './same.ts'

sameAsKernel(
  'bind_port_zero',
  'bind_in_use',
  'bind_errors',
  'bind_reuse',
  'bind_after_client',
  'bind_beside_any',
  'bind_broadcast',
  'v6_only_states',
  'bind_shared',
  'share_streams',
  'port_zero_many',
  'address_matrix',
  'bind_contended',
  'loopback_network',
  'share_families',
  'ports_exhausted',
  'name_owners',
)

/* Beyond the first host, the loopback's names are links to those of the unspecified address. */
test.each(['loopback_network', 'share_families', 'address_matrix'])('%s does the same on host 2', async (program) => {
  const [kernel, there] = await Promise.all([runProgram(program, 'kernel'), runProgram(program, 'second host')])
  expect(there).toMatchObject({ lines: kernel.lines, status: 'exit 0', stderr: '', log: '', left: [] })
})

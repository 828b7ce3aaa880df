import { sameAsKernel } from './same.ts'

sameAsKernel(
  'bind_port_zero',
  'bind_in_use',
  'bind_errors',
  'bind_reuse',
  'bind_after_client',
  'bind_shared',
  'share_streams',
  'port_zero_many',
  'address_matrix',
  'bind_contended',
)

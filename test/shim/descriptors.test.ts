import { sameAsKernel } from './same.ts'

sameAsKernel(
  'dup_family',
  'close_family',
  'close_range_forms',
  'number_reuse',
  'close_loop',
  'stdio_stream',
  'number_stolen',
  'pidfd_socket',
)

import { sameAsKernel } from './same.ts'

sameAsKernel(
  'stream_interrupted',
  'stream_forms',
  'stream_flags',
  'stream_large',
  'stream_backpressure',
  'half_close',
  'peer_gone',
  'out_of_band',
  'receive_low_water',
  'stream_capacity',
  'sendfile_splice',
  'odd_calls',
)

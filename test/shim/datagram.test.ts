import { sameAsKernel } from './same.ts'

sameAsKernel(
  'datagram_forms',
  'datagram_sizes',
  'datagram_connected',
  'datagram_flood',
  'datagram_burst',
  'datagram_many',
  'spill_killed',
  'spill_limit',
  'datagram_pktinfo',
  'datagram_marks',
  'datagram_multicast',
  'datagram_takeover',
  'datagram_refused',
  'datagram_spread',
  'broadcast',
  'multicast_limits',
  'timestamps',
)

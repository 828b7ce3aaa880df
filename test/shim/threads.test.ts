import { sameAsKernel } from './same.ts'

sameAsKernel(
  'threads_blocked',
  'signal_safety',
  'threads_woken',
  'threads_race',
  'lock_fork',
  'spill_fork',
  'fork_outlives',
  'lock_signal',
  'accept_closed',
  'threads_cancel',
)

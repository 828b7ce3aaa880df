import { sameAsKernel } from './same.ts'

sameAsKernel(
  'threads_blocked',
  'signal_safety',
  'threads_woken',
  'threads_race',
  'lock_fork',
  'lock_signal',
  'accept_closed',
  'threads_cancel',
)

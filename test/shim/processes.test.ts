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
)

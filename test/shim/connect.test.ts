import { sameAsKernel } from './same.ts'

sameAsKernel(
  'connect_states',
  'connect_errors',
  'connect_nonblocking',
  'connect_again',
  'connect_refused',
  'connect_let_go',
  'bind_after_end',
  'epoll_renewed',
  'epoll_edges',
  'signal_driven',
  'backlog_full',
  'renewed_shared',
  'self_connect',
  'mapped_any',
)

import { sameAsKernel } from './same.ts'

sameAsKernel('listen_states', 'accept_forms', 'backlog')

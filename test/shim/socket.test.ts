import { sameAsKernel } from './same.ts'

sameAsKernel('socket_types', 'socket_flags')

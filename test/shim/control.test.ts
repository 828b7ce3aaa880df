import { sameAsKernel } from './same.ts'

sameAsKernel('ioctl_calls', 'fcntl_calls', 'wait_calls')

import { sameAsKernel } from './same.ts'

sameAsKernel('bad_descriptors', 'unix_untouched', 'raw_syscalls', 'fortified')

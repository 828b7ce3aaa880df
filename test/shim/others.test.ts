import { sameAsKernel } from './same.ts'

sameAsKernel('bad_descriptors', 'unix_untouched', 'errno_kept', 'raw_syscalls', 'fortified')

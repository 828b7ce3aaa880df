import { sameAsKernel } from './same.ts'

sameAsKernel('options_table', 'options_more', 'options_kept', 'tcp_info')

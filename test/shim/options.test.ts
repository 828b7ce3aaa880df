import { sameAsKernel } from './same.ts'

sameAsKernel('options_table', 'options_more', 'tcp_info')

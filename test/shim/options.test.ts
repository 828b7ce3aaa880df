import { sameAsKernel } from './same.ts'

sameAsKernel('options_table', 'options_more', 'options_every', 'options_time', 'tcp_info')

import { sameAsKernel } from './same.ts'

sameAsKernel('names_truncated', 'names_datagram', 'dual_stack', 'mapped_bind', 'v6_to_v4_name', 'resolve_local')

import { defineMatrix } from './matrix.ts'

defineMatrix('python')

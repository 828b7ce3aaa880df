import { defineMatrix } from './matrix.ts'

defineMatrix('c')

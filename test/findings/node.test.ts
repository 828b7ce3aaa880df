import { defineMatrix } from './matrix.ts'

defineMatrix('node')

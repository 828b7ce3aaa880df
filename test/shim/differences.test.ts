import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

import { differences } from './differences.ts'

test.each(differences)('the README says: $reason', ({ reason }) => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8').replaceAll(/\s+/g, ' ')
  expect(readme).toContain(reason)
})

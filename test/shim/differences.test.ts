import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

import { differences } from './differences.ts'

test.each(differences)('the README has a row for: $what', ({ what, here }) => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8').replaceAll(/ +/g, ' ')
  expect(readme).toContain(`\n| ${what} | ${here} |\n`)
})

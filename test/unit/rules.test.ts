import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ruleIds, rules } from '../../src/rules.ts'

test.for(ruleIds)('the README has a row for the rule %s', (id) => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8').replaceAll(/ +/g, ' ')
  const { name, definition, decided, level } = rules[id]
  expect(readme).toContain(`\n| ${id} ${name} | ${definition} | ${decided} | \`'${level}'\` |\n`)
})

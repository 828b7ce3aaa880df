import { expect, test } from 'vitest'
import { ruleIds } from '../../src/rules.ts'
import { cases, impossible, languages } from './table.ts'

test.for(ruleIds)('%s has programs that break it, three unless only C can, in each language that can', (id) => {
  const programs = cases.filter(({ rule }) => rule === id).flatMap((each) => each.languages)
  const able = languages.filter((language) => impossible[id]?.[language] === undefined)
  expect(languages.filter((language) => programs.includes(language))).toEqual(able)
  expect(programs.length).toBeGreaterThanOrEqual(able.length === 1 ? 1 : 3)
})

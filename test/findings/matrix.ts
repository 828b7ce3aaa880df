// One test for each program of a language and manner; each runs it as often as FINDINGS_RUNS says.
import { beforeAll, expect, test } from 'vitest'
import { activate } from '../../src/fixtures/activate.ts'
import type { RuleId } from '../../src/rules.ts'
import { judge, type Manner } from './judge.ts'
import { cases, type Language } from './table.ts'

declare module 'vitest' {
  interface TaskMeta {
    /** For the reporter that prints the matrix. */
    matrix?: Tally
  }
}

export type Tally = {
  readonly rule: RuleId
  readonly language: Language
  readonly manner: Manner
  /** How many runs had which verdict: ids of rules, or nothing. */
  readonly verdicts: Record<string, number>
}

const runs = Number(process.env['FINDINGS_RUNS'] ?? 1)
const timeout = 20_000 + runs * 2000

export function defineMatrix(language: Language): void {
  // Programs tell when they are done, so nothing that is right needs grace.
  beforeAll(() => activate({ keep: 'never', graceMs: 50 }))

  for (const each of cases.filter(({ languages }) => languages.includes(language)))
    for (const manner of ['wrong', 'right'] as const)
      test(`${each.rule} ${manner}: ${each.defect}`, { timeout }, async ({ task }) => {
        const verdicts: Record<string, number> = {}
        task.meta.matrix = { rule: each.rule, language, manner, verdicts }
        for (let run = 0; run < runs; run++) {
          const verdict = await judge(each, language, manner).catch((error: unknown) => [String(error)])
          const text = verdict.join(' ')
          verdicts[text] = (verdicts[text] ?? 0) + 1
        }
        expect(verdicts).toEqual({ [manner === 'wrong' ? each.rule : '']: runs })
      })
}

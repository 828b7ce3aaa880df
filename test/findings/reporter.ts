// Prints the matrix: for each rule and language, how many runs of the defect were detected, how many missed, and how many runs had a
// finding that is false. With `--project servers` as well, in how many tests of real servers a rule was broken: all are right.
import type { TaskMeta } from 'vitest'
import type { Reporter, TestCase } from 'vitest/node'
import { type RuleId, ruleIds, rules } from '../../src/rules.ts'
import type { Tally } from './matrix.ts'
import { impossible, type Language, languages } from './table.ts'

export default class MatrixReporter implements Reporter {
  readonly #tallies: Tally[] = []
  #servers = { tests: 0, broken: new Map<string, number>() }

  onTestCaseResult(testCase: TestCase): void {
    if (testCase.project.name === 'servers') this.#addServer(testCase)
    const { matrix }: TaskMeta = testCase.meta()
    if (matrix === undefined) return
    this.#tallies.push(matrix)
    const verdicts = Object.entries(matrix.verdicts).map(([verdict, runs]) => `${runs} × ${verdict || 'clean'}`)
    console.log(`${testCase.result().state} ${matrix.language} ${testCase.name}: ${verdicts.join(', ')}`)
  }

  onTestRunEnd(): void {
    const { tests, broken } = this.#servers
    const servers = tests === 0 ? [] : [`servers: false in ${tests} tests`]
    const head = ['rule', ...languages.map((language) => `${language}: detected / missed / false`), ...servers]
    const rows = ruleIds.map((id) => [
      `${id} ${rules[id].name}`,
      ...languages.map((language) => this.#cell(id, language)),
      ...servers.map(() => String(broken.get(id) ?? 0)),
    ])
    for (const cells of [head, head.map(() => '---'), ...rows]) console.log(`| ${cells.join(' | ')} |`)
  }

  /** The message names each broken rule once: `(L4 sender retains, R1 use after pass)`. */
  #addServer(testCase: TestCase): void {
    const { tests, broken } = this.#servers
    this.#servers.tests = tests + 1
    for (const { message } of testCase.result().errors ?? [])
      for (const [id] of (/\([LRST]\d+ .*?\)/.exec(message)?.[0] ?? '').matchAll(/\b[LRST]\d+\b/g))
        broken.set(id, (broken.get(id) ?? 0) + 1)
  }

  #cell(rule: RuleId, language: Language): string {
    const tallies = this.#tallies.filter((tally) => tally.rule === rule && tally.language === language)
    if (tallies.length === 0) return impossible[rule]?.[language] ?? ''
    const counts = { detected: 0, missed: 0, false: 0 }
    for (const { manner, verdicts } of tallies)
      for (const [verdict, runs] of Object.entries(verdicts)) {
        const found = verdict === '' ? [] : verdict.split(' ')
        const isDetected = manner === 'wrong' && found.includes(rule)
        if (manner === 'wrong') counts[isDetected ? 'detected' : 'missed'] += runs
        if (found.length > (isDetected ? 1 : 0)) counts.false += runs
      }
    return `${counts.detected} / ${counts.missed} / ${counts.false}`
  }
}

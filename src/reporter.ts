// The entry "./reporter": prints below each test what its network had.
import { appendFileSync } from 'node:fs'
import type { TaskMeta } from 'vitest'
import type { Reporter, TestCase, Vitest } from 'vitest/node'
import { formatDiagrams } from './report/mermaid.ts'
import { formatSummary } from './report/summary.ts'

export type { NetworkSummary } from './report/summary.ts'

const marks: Readonly<Record<string, string>> = { passed: '✓', failed: '×', skipped: '↓' }

/** `reporters: ['default', 'vitest-environment-socket-wrapper/reporter']` */
export default class SocketWrapperReporter implements Reporter {
  #print: (text: string) => void = (text) => void process.stdout.write(`${text}\n`)

  onInit(vitest: Vitest): void {
    this.#print = (text) => vitest.logger.log(text)
  }

  onTestCaseResult(testCase: TestCase): void {
    const { socketWrapper: attempts = [] }: TaskMeta = testCase.meta()
    if (attempts.length === 0) return
    this.#summarize(
      testCase.fullName,
      attempts.flatMap(({ diagrams }) => diagrams),
    )
    const title = `${marks[testCase.result().state] ?? '·'} ${testCase.fullName}`
    const lines = attempts.flatMap((summary, index) => [
      ...(attempts.length > 1 ? [`attempt ${index + 1}`] : []),
      ...formatSummary(summary),
    ])
    this.#print([title, ...lines.map((line) => `    ${line}`), ''].join('\n'))
  }

  /** GitHub shows what a step writes into this file, diagrams included. */
  #summarize(title: string, diagrams: readonly string[]): void {
    const file = process.env['GITHUB_STEP_SUMMARY']
    if (file === undefined || file === '' || diagrams.length === 0) return
    appendFileSync(file, `### ${title}\n\n${formatDiagrams(diagrams)}\n`)
  }
}

// The entry "./reporter": prints below each test what its network had.
import type { TaskMeta } from 'vitest'
import type { Reporter, TestCase, Vitest } from 'vitest/node'
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
    const title = `${marks[testCase.result().state] ?? '·'} ${testCase.fullName}`
    const lines = attempts.flatMap((summary, index) => [
      ...(attempts.length > 1 ? [`attempt ${index + 1}`] : []),
      ...formatSummary(summary),
    ])
    this.#print([title, ...lines.map((line) => `    ${line}`), ''].join('\n'))
  }
}

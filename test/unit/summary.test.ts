import { readFileSync } from 'node:fs'
import { file } from 'tmp-promise'
import { describe, expect, test, vi } from 'vitest'
import type { TestCase, Vitest } from 'vitest/node'
import { createTimeline } from '../../src/journal/timeline.ts'
import { labelOf } from '../../src/process/labels.ts'
import { formatSummary, summarize } from '../../src/report/summary.ts'
import SocketWrapperReporter from '../../src/reporter.ts'
import { eventWriter, handedOver, masterPid, someInfo, workerPid } from './hand-written.ts'

const hosts = ['test', 'web'].map((name, index) => ({
  name,
  number: index + 1,
  addresses: { IPv4: `10.53.57.${index + 1}`, IPv6: `fd00::5357:5f0${index + 1}` },
}))

function someTimeline() {
  const processes = new Map([
    [4000, 'test'],
    [masterPid, 'master'],
    [workerPid, 'worker'],
  ])
  const timeline = createTimeline({
    names: { host: (number) => hosts[number - 1]?.name, process: (pid) => processes.get(pid) },
  })
  timeline.append(handedOver())
  const row = { startedNs: 0n, isExited: false, isUnderShim: true, isSpawned: false, isTest: false, program: 'x' }
  timeline.addProcesses([
    { ...row, pid: masterPid, parent: 4000, host: 2 },
    { ...row, pid: 4000, parent: 1, host: 1, isTest: true },
    { ...row, pid: 5000, parent: masterPid, host: 2 },
    { ...row, pid: 5001, parent: 4000, host: 1, isUnderShim: false },
  ])
  return timeline
}

describe('a summary', () => {
  test('has the hosts, the processes that had sockets or were started by the test, and each pass', () => {
    expect(formatSummary(summarize(someTimeline(), hosts)).join('\n')).toMatchInlineSnapshot(`
      "hosts      test 10.53.57.1 fd00::5357:5f01
                 web 10.53.57.2 fd00::5357:5f02
      processes  test[4000] on test
                 master[4711] on web, child of test[4000]
                 worker[4712] on web, child of master[4711]
                 x[5001] on test, child of test[4000], not under the shim
                 … 1 more without a socket …
      passes     socket #2 web:80 ← test:49152  master[4711] fd 12 → worker[4712] fd 9  info equal"
    `)
  })

  test('of a network where nothing happened says so', () => {
    expect(formatSummary(summarize(createTimeline(), hosts.slice(0, 1))).join('\n')).toMatchInlineSnapshot(`
      "hosts      test 10.53.57.1 fd00::5357:5f01
      processes  none
      passes     none"
    `)
  })

  test('ends after a thousand passes and says how many there were', () => {
    const timeline = createTimeline()
    const write = eventWriter()
    const ids = Array.from({ length: 1003 }, (_, index) => BigInt(index + 1))
    timeline.append(ids.map((messageId) => write({ op: 'passSend', fd: 3, detail: 1, messageId, info: someInfo() })))
    const lines = formatSummary(summarize(timeline, hosts))
    expect(lines.at(-1)).toBe('           … 3 more passes …')
    expect(lines.filter((line) => line.includes('socket #'))).toHaveLength(1000)
  })

  test('survives the way to the reporter', () => {
    const summary = summarize(someTimeline(), hosts)
    expect(structuredClone(summary)).toEqual(summary)
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary)
  })
})

describe('the reporter', () => {
  const printed = (meta: object, state = 'passed') => {
    const lines: string[] = []
    const reporter = new SocketWrapperReporter()
    reporter.onInit({ logger: { log: (text: string) => lines.push(text) } } as unknown as Vitest)
    const testCase = { fullName: 'suite > hands over', meta: () => meta, result: () => ({ state }) }
    reporter.onTestCaseResult(testCase as unknown as TestCase)
    return lines.join('\n')
  }
  const summary = summarize(createTimeline(), hosts.slice(0, 1))

  test('prints the summary below the name of the test', () => {
    expect(printed({ socketWrapper: [summary] })).toMatchInlineSnapshot(`
      "✓ suite > hands over
          hosts      test 10.53.57.1 fd00::5357:5f01
          processes  none
          passes     none
      "
    `)
  })

  test('prints what only warns', () => {
    const warned = summarize(createTimeline(), [], { warnings: ['R3 read ahead: socket #2', '  …'] })
    expect(printed({ socketWrapper: [warned] })).toContain('warnings   R3 read ahead: socket #2\n')
  })

  test('gives the summary of a GitHub step the diagrams of a test that failed', async () => {
    const { path, cleanup } = await file()
    vi.stubEnv('GITHUB_STEP_SUMMARY', path)
    printed({ socketWrapper: [summary] })
    printed({ socketWrapper: [summarize(createTimeline(), [], { diagrams: ['sequenceDiagram'] })] }, 'failed')
    vi.unstubAllEnvs()
    expect(readFileSync(path, 'utf8')).toBe('### suite > hands over\n\n```mermaid\nsequenceDiagram\n```\n\n')
    await cleanup()
  })

  test('prints every attempt of a test', () => {
    expect(printed({ socketWrapper: [summary, summary] }, 'failed')).toMatchInlineSnapshot(`
      "× suite > hands over
          attempt 1
          hosts      test 10.53.57.1 fd00::5357:5f01
          processes  none
          passes     none
          attempt 2
          hosts      test 10.53.57.1 fd00::5357:5f01
          processes  none
          passes     none
      "
    `)
  })

  test('prints nothing for a test without a network', () => {
    expect(printed({})).toBe('')
  })
})

test.each([
  [['node', '--no-warnings', '/srv/worker.mjs', '7'], 'worker'],
  [['/usr/bin/python3', '-u', 'serve.py'], 'serve'],
  [['/usr/bin/redis-server *:6379', ''], 'redis-server *:6379'],
  [['node', '-e', 'listen()'], 'node'],
  [['bash'], 'bash'],
  [[''], undefined],
  [[], undefined],
])('the label of %j is %s', (command, label) => {
  expect(labelOf(command)).toBe(label)
})

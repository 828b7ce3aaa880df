import { expect, test } from 'vitest'
import { type Allowance, createJudge } from '../../src/analysis/allow.ts'
import { finding } from '../../src/analysis/finding.ts'
import { findGrowth, takeCheckpoint } from '../../src/analysis/growth.ts'
import { createTimeline } from '../../src/journal/timeline.ts'
import { type RuleId, ruleIds, type RuleLevels } from '../../src/rules.ts'
import { eventWriter, masterPid, someInfo, workerPid } from './hand-written.ts'

const levels = Object.fromEntries(ruleIds.map((id) => [id, 'fail'])) as RuleLevels

/** The worker descends from the master, which was started with `allowed`. */
function judgeWith(allowed: Allowance) {
  return createJudge(levels, new Map([[masterPid, allowed]]), (pid) => (pid === workerPid ? masterPid : pid))
}

const found = (rule: RuleId, fd = -1, pid = workerPid) => finding({ rule, socket: null, pid, fd })

test('a spawn allows what its option names, for its family and for nothing else', () => {
  const share = judgeWith({ share: 'accept' })
  expect(share.levelOf(found('R4'))).toBe('off')
  expect(share.levelOf(found('R4', -1, 5000))).toBe('fail')
  expect(share.levelOf(found('R2'))).toBe('fail')

  const inherit = judgeWith({ inherit: [3] })
  expect(inherit.levelOf(found('L6', 3))).toBe('off')
  expect(inherit.levelOf(found('L7', 3))).toBe('off')
  expect(inherit.levelOf(found('L6', 4))).toBe('fail')

  const leaks = judgeWith({ leaks: 'warn' })
  expect(leaks.levelOf(found('L4'))).toBe('warn')
  expect(leaks.levelOf(found('R1'))).toBe('fail')
})

test('an allowance that nothing needed is told', () => {
  const judge = judgeWith({ share: 'accept', inherit: [3] })
  judge.levelOf(found('R4'))
  expect(judge.unused()).toEqual([{ pid: masterPid, clause: 'inherit: [3]' }])
})

test('growth is the same number more at each of three checkpoints', () => {
  const write = eventWriter()
  const timeline = createTimeline()
  let cookie = 100n
  const accept = (count: number): void =>
    timeline.append(
      Array.from({ length: count }, () => {
        cookie += 1n
        return write({ op: 'accept', fd: Number(cookie), detail: 3, info: someInfo({ cookie, inode: cookie }) })
      }),
    )
  const checkpoints = [2, 3, 3].map((count) => {
    accept(count)
    return takeCheckpoint(timeline)
  })
  const [first, second, third] = checkpoints
  if (first === undefined || second === undefined || third === undefined) throw new Error('three were taken')
  expect(third.since(second)).toEqual([{ what: 'process[4711] accepted connections', before: 5, after: 8 }])
  expect(findGrowth([first, second])).toEqual([])
  expect(findGrowth(checkpoints)).toMatchObject([
    { rule: 'L12', pid: masterPid, note: 'process[4711] accepted connections: 2, 5, 8, 3 more each time.' },
  ])
  accept(1)
  expect(findGrowth([...checkpoints, takeCheckpoint(timeline)])).toEqual([])
  expect(findGrowth([third, third, third])).toEqual([])
})

// What it costs to follow a journal and to judge it: a server whose connections are each accepted, passed, used and closed.
import { expect, test } from 'vitest-environment-socket-wrapper/test'

import { findFindings } from '../src/analysis/findings.ts'
import { createTimeline } from '../src/journal/timeline.ts'
import { rules, type RuleId, ruleIds, type RuleLevel } from '../src/rules.ts'
import type { JournalEvent } from '../src/wire/events.ts'
import { eventWriter, masterPid, someInfo, workerPid } from '../test/unit/hand-written.ts'

const levels = Object.fromEntries(ruleIds.map((id) => [id, rules[id].level])) as Record<RuleId, RuleLevel>
const counts = [0, 1_000, 1_000_000]

function* connections(count: number): Generator<JournalEvent[]> {
  const write = eventWriter()
  for (let id = 1n, written = 0; written < count; id++) {
    const info = someInfo({ cookie: id, inode: id, flags: ['accepted', 'shared'] })
    const pass = { info, messageId: id, detail: 1 }
    const events = [
      write({ op: 'accept', fd: 12, detail: 3, info }),
      write({ op: 'passSend', fd: 12, ...pass }),
      write({ op: 'passEnvelope', pid: workerPid, fd: 9, ...pass, detail: masterPid }),
      write({ op: 'passReceive', pid: workerPid, fd: 9, ...pass }),
      write({ op: 'drop', fd: 12, info }),
      write({ op: 'consume', pid: workerPid, fd: 9, info }),
      write({ op: 'drop', pid: workerPid, fd: 9, info }),
    ]
    written += events.length
    yield events
  }
}

test('what it costs to follow a journal and to judge it', { timeout: 300_000 }, () => {
  const lines = counts.map((count) => {
    const timeline = createTimeline()
    let followMs = 0
    for (const events of connections(count)) {
      const start = performance.now()
      timeline.append(events)
      followMs += performance.now() - start
    }
    const start = performance.now()
    expect(findFindings({ timeline }, levels)).toEqual([])
    const judgeMs = performance.now() - start
    const rate = count === 0 ? '–' : `${Math.round(count / followMs)} events/ms`
    return `| ${count} | ${followMs.toFixed(1)} ms (${rate}) | ${judgeMs.toFixed(1)} ms |`
  })
  console.log(`\n| events | to follow | to judge at the end |\n|---|---|---|\n${lines.join('\n')}\n`)
})

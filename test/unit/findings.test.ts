import { describe, expect, test } from 'vitest'
import { findFindings } from '../../src/analysis/findings.ts'
import { createTimeline } from '../../src/journal/timeline.ts'
import { plainNames } from '../../src/journal/names.ts'
import { formatFinding } from '../../src/report/finding.ts'
import { formatDiagram } from '../../src/report/mermaid.ts'
import { type RuleId, ruleIds, type RuleLevels } from '../../src/rules.ts'
import type { Kernel } from '../../src/process/kernel.ts'
import type { JournalEvent } from '../../src/wire/events.ts'
import { eventWriter, handedOver, masterPid, someInfo, workerPid } from './hand-written.ts'

const all = Object.fromEntries(ruleIds.map((id) => [id, 'fail'])) as RuleLevels
const otherPid = 4713

type Step = Partial<JournalEvent> & Pick<JournalEvent, 'op'>

/** What happens to one connection, which the master accepts as descriptor 12; `message` numbers the passes. */
const connection = someInfo()
const listener = someInfo({ cookie: 999n, inode: 4999n, peer: null, state: 'listening', flags: [] })
const message = (messageId: bigint) => ({ messageId, info: connection, detail: 1 })
const steps = {
  accept: { op: 'accept', fd: 12, detail: 10, info: connection },
  fork: (child: number, parent = masterPid): Step[] => [
    { op: 'fork', pid: parent },
    { op: 'processFork', pid: child, detail: parent },
  ],
  send: (messageId = 5n, pid = masterPid): Step => ({ op: 'passSend', pid, fd: 12, ...message(messageId) }),
  receive: (messageId = 5n, pid = workerPid): Step => ({ op: 'passReceive', pid, fd: 9, ...message(messageId) }),
  envelope: (messageId = 5n, pid = workerPid, from = masterPid): Step => ({
    ...message(messageId),
    op: 'passEnvelope',
    pid,
    fd: 9,
    detail: from,
  }),
  consume: (pid: number, info = connection): Step => ({ op: 'consume', pid, fd: pid === masterPid ? 12 : 9, info }),
  close: (pid: number, left = 0): Step => ({
    op: 'drop',
    pid,
    fd: pid === masterPid ? 12 : 9,
    detail: left,
    info: connection,
  }),
  exit: (pid: number): Step => ({ op: 'processExit', pid }),
  shutdown: (pid: number, how: number): Step => ({ op: 'shutdown', pid, fd: 12, detail: how, info: connection }),
} satisfies Record<string, Step | ((...some: never[]) => Step | Step[])>

/** Most timelines here end before a receiver has used what it got. */
const withoutUse = { ...all, L2: 'off' } as const

function findingsOf(
  list: readonly Step[],
  testPid?: number,
  levels: RuleLevels = withoutUse,
  kernel: Kernel | null = null,
) {
  const write = eventWriter()
  const timeline = createTimeline()
  timeline.append(list.map((step) => write(step)))
  const row = { startedNs: 0n, isExited: false, isUnderShim: true, isSpawned: false, program: 'x', parent: 1, host: 1 }
  if (testPid !== undefined) timeline.addProcesses([{ ...row, pid: testPid, isTest: true }])
  return findFindings({ timeline, kernel }, levels)
}

const idsOf = (list: readonly Step[], testPid?: number): RuleId[] => findingsOf(list, testPid).map(({ rule }) => rule)

const { accept, fork, send, receive, envelope, consume, close, exit, shutdown } = steps
const passed = [accept, send(), receive(), close(masterPid)]
const forked = [accept, ...fork(workerPid)]

/** Each row: what is wrong, the rules that say so, and beside it how the same job is done right. */
const twins: readonly (readonly [
  what: string,
  rules: readonly RuleId[],
  wrong: readonly Step[],
  right: readonly Step[],
])[] = [
  ['nobody receives it', ['L1'], [accept, send(), close(masterPid)], passed],
  [
    'the sender keeps it',
    ['L4'],
    [accept, send(), receive(), consume(workerPid)],
    [accept, send(), receive(), consume(workerPid), exit(masterPid)],
  ],
  [
    'the sender reads on after the pass',
    ['R1'],
    [accept, send(), receive(), consume(masterPid), close(masterPid)],
    [accept, consume(masterPid), send(), receive(), close(masterPid), consume(workerPid)],
  ],
  [
    'the sender reads while it is in flight',
    ['R1'],
    [accept, send(), consume(masterPid), receive(), close(masterPid)],
    [accept, send(), receive(), send(6n, workerPid), receive(6n, masterPid), consume(masterPid), close(workerPid)],
  ],
  [
    'the child of the sender reads on after the pass',
    ['R1'],
    [accept, ...fork(otherPid), consume(masterPid), send(), receive(), ...fork(4714), consume(4714), close(masterPid)],
    [
      accept,
      ...fork(otherPid),
      consume(masterPid),
      send(),
      receive(),
      close(masterPid),
      exit(workerPid),
      consume(otherPid),
    ],
  ],
  [
    'two processes are passed it and both read',
    ['R2'],
    [
      accept,
      send(),
      send(6n),
      receive(),
      receive(6n, otherPid),
      consume(workerPid),
      consume(otherPid),
      close(masterPid),
    ],
    [
      ...[accept, send(), receive(), consume(workerPid), send(6n, workerPid), receive(6n, otherPid)],
      ...[close(masterPid), close(workerPid), consume(otherPid)],
    ],
  ],
  [
    'the sender shuts it down after the pass',
    ['R8'],
    [accept, send(), receive(), shutdown(masterPid, 1), close(masterPid)],
    [accept, shutdown(masterPid, 1), send(), receive(), close(masterPid)],
  ],
  [
    'a fork shuts down what the other side reads',
    ['R8'],
    [...forked, consume(masterPid), shutdown(workerPid, 2)],
    [...forked, consume(masterPid), shutdown(workerPid, 1)],
  ],
  [
    'both sides of a fork read',
    ['R9'],
    [...forked, consume(workerPid), consume(masterPid)],
    [...forked, consume(workerPid), close(workerPid), consume(masterPid)],
  ],
  [
    'both sides of a fork read, and one has read before',
    ['R9'],
    [accept, consume(masterPid), ...fork(workerPid), consume(workerPid), consume(masterPid)],
    [accept, consume(masterPid), ...fork(workerPid), consume(workerPid), exit(workerPid), consume(masterPid)],
  ],
]

describe('ownership', () => {
  test.for(twins)('%s', ([, rules, wrong, right]) => {
    expect(idsOf(wrong)).toEqual(rules)
    expect(idsOf(right)).toEqual([])
  })

  test('a killed owner has no rights once somebody has reaped it', () => {
    const claimed = [...forked, consume(workerPid)]
    expect(idsOf([...claimed, consume(masterPid)])).toEqual(['R9'])
    expect(idsOf([...claimed, { op: 'wait', detail: workerPid, result: 9 }, consume(masterPid)])).toEqual([])
  })

  test('the record of a send that comes after those of its receipt changes nothing', () => {
    const late = [accept, envelope(), receive(), send()]
    expect(idsOf([...late, consume(workerPid), close(masterPid)])).toEqual([])
    expect(idsOf([...late, consume(workerPid), consume(masterPid), close(masterPid)])).toEqual(['R1'])
    // Passed on by the receiver, and received by the first sender, before that one has written its own record.
    const back = [accept, envelope(), receive(), envelope(6n, masterPid, workerPid), receive(6n, masterPid), send()]
    expect(idsOf([...back, send(6n, workerPid), consume(masterPid), close(workerPid)])).toEqual([])
  })

  test('what was lost in flight is its sender’s still', () => {
    expect(idsOf([accept, send(), consume(masterPid)])).toEqual(['L1'])
  })

  test('a socket that a program has from its start may be its own or its parent’s', () => {
    const found: Step = { op: 'born', pid: workerPid, fd: 0, detail: 1, info: connection }
    const started = [accept, { op: 'processStart', pid: workerPid, detail: masterPid } as const, found]
    expect(idsOf([...started, consume(workerPid)])).toEqual([])
    expect(idsOf([...started, consume(workerPid), consume(masterPid)])).toEqual(['R9'])
  })

  test('the test itself may keep what it passes until its end, and may not read it', () => {
    expect(idsOf([accept, send(), receive()], masterPid)).toEqual([])
    expect(idsOf([accept, send(), receive(), consume(masterPid)], masterPid)).toEqual(['R1'])
  })

  test('each process is accused once of each rule', () => {
    const twice = [...forked, consume(workerPid), consume(masterPid), ...fork(otherPid), consume(masterPid)]
    expect(idsOf([...twice, consume(otherPid), consume(masterPid)])).toEqual(['R9', 'R9'])
  })
})

/** Each with a twin, as above; `kernel` is what the kernel says in the case with the defect. */
const found: Step = { op: 'born', pid: workerPid, fd: 9, detail: 1, info: connection }
const started: Step = { op: 'processStart', pid: workerPid, detail: masterPid }
const peek: Step = { op: 'passPeek', pid: workerPid, fd: 8, ...message(5n) }
const use: Step = { op: 'arm', pid: workerPid, fd: 9, info: connection }
const open = someInfo({ state: 'bound', peer: null })

describe('every way to use a socket wrongly has a right one beside it', () => {
  test.for<readonly [what: string, rules: readonly RuleId[], wrong: readonly Step[], right: readonly Step[]]>([
    ['its receiver forgets it', ['L2'], passed, [...passed, use]],
    [
      'its receiver is given it twice and uses one',
      ['L2'],
      [...passed, use, send(6n, otherPid), { ...receive(6n), fd: 10 }],
      [...passed, use, send(6n, otherPid), { ...receive(6n), fd: 10 }, { ...close(workerPid, 1), fd: 10 }],
    ],
    [
      'a peek leaves its descriptor open',
      ['L5'],
      [accept, send(), peek, receive(), use, close(masterPid)],
      [accept, send(), peek, { ...close(workerPid, 1), fd: 8 }, receive(), use, close(masterPid)],
    ],
    [
      'a program never uses what it inherited',
      ['L6'],
      [accept, started, found],
      [accept, started, found, consume(workerPid)],
    ],
    [
      'a program never uses what the one before it received',
      ['L7'],
      [accept, send(), receive(), close(masterPid), started, found],
      [accept, send(), receive(), close(masterPid), started, found, use],
    ],
    [
      'the sender has read before the pass',
      ['R3'],
      [accept, { op: 'readAhead', fd: 12, info: connection }, send(), receive(), use, close(masterPid)],
      [accept, send(), receive(), use, close(masterPid)],
    ],
    [
      'a holder changes the flags of what another one has only bound',
      [],
      [
        { op: 'bind', fd: 10, info: listener },
        ...steps.fork(workerPid),
        { op: 'alter', pid: workerPid, fd: 10, detail: 1, info: listener },
      ],
      [],
    ],
    [
      'a number is closed again',
      ['R5'],
      [accept, close(masterPid), { op: 'stale', fd: 12, text: '1000' }],
      [
        ...[accept, close(masterPid), { op: 'stale', fd: 12, text: '1000' } as const],
        { op: 'stale', fd: 12, text: '1000', detail: 2 },
      ],
    ],
    [
      'a receiver changes the flags of what it was given',
      [],
      [
        ...[accept, ...fork(otherPid), consume(masterPid)],
        ...[envelope(), receive(), { op: 'alter', pid: workerPid, fd: 9, info: connection } as const],
        ...[send(), close(masterPid), use, exit(otherPid)],
      ],
      [],
    ],
    [
      'a holder changes the flags of what another one uses',
      ['R6'],
      [...forked, consume(workerPid), { op: 'alter', fd: 12, detail: 1, info: connection }],
      [...forked, { op: 'alter', fd: 12, detail: 1, info: connection }, consume(workerPid)],
    ],
    [
      'another thread of the sender takes input after the pass',
      ['R7'],
      [accept, send(), receive(), use, { ...consume(masterPid), detail: 1 }, close(masterPid)],
      [accept, { ...consume(masterPid), detail: 1 }, send(), receive(), use, close(masterPid)],
    ],
    [
      'another thread of the sender takes input after the pass, and after its descriptor was closed',
      ['R7'],
      [accept, send(), close(masterPid), receive(), use, { ...consume(masterPid), detail: 1 }],
      [accept, { ...consume(masterPid), detail: 1 }, send(), close(masterPid), receive(), use],
    ],
    [
      'a receiver reads from a socket that has no connection',
      ['S2'],
      [accept, { ...send(), info: open }, { ...receive(), info: open }, consume(workerPid, open), close(masterPid)],
      [accept, send(), receive(), consume(workerPid), close(masterPid)],
    ],
    [
      'too many descriptors in one message',
      ['S4'],
      [accept, { ...send(), detail: 254, result: -22 }],
      [accept, { ...send(), detail: 254, result: -32 }],
    ],
  ])('%s', ([, rules, wrong, right]) => {
    const ids = (list: readonly Step[]) => findingsOf(list, undefined, all).map(({ rule }) => rule)
    expect(ids(wrong)).toEqual(rules)
    expect(ids(right)).toEqual([])
  })
})

describe('the kernel', () => {
  const kernelThat = (says: Partial<Kernel>): Kernel => ({
    isAlive: () => true,
    descriptorsOf: () => [],
    registrationsOf: () => [],
    holdersOfPipe: () => [],
    deadNames: () => [],
    ...says,
  })
  const retained = [accept, send(), receive(), use]
  const ids = (list: readonly Step[], says: Partial<Kernel>) =>
    findingsOf(list, undefined, all, kernelThat(says)).map(({ rule }) => rule)

  test('has the last word about who holds what', () => {
    expect(ids(retained, { descriptorsOf: () => [12] })).toEqual(['L4'])
    expect(ids(retained, {})).toEqual(['T2'])
    expect(ids(retained, { isAlive: () => false })).toEqual([])
  })

  test('knows what an epoll still waits for', () => {
    const ghost = { epoll: 4, fd: 12, inode: connection.inode }
    expect(ids([...passed, use], { registrationsOf: () => [ghost] })).toEqual(['L8'])
    expect(ids([...passed, use], { registrationsOf: () => [{ ...ghost, inode: 7n }] })).toEqual([])
    expect(ids([...passed, use, exit(workerPid)], { registrationsOf: () => [ghost] })).toEqual([])
  })

  test('knows which names are left', () => {
    const name = { path: '/n/T020050', protocol: 'tcp' as const, host: 2, port: 80 }
    const made: Step = { op: 'listen', fd: 10, info: listener }
    expect(ids([made, exit(masterPid)], { deadNames: () => [name] })).toEqual(['L9'])
    expect(ids([made], { deadNames: () => [name] })).toEqual([])
  })

  test('knows who holds an envelope', () => {
    const sent: Step[] = [accept, { ...send(), text: '77' }, close(masterPid)]
    expect(ids(sent, { holdersOfPipe: (inode) => (inode === 77n ? [otherPid] : []) })).toEqual(['L1', 'L10'])
    expect(ids(sent, { holdersOfPipe: () => [masterPid] })).toEqual(['L1'])
  })

  test('knows who has received without the shim', () => {
    const sent: Step[] = [...steps.fork(otherPid), accept, { ...send(), text: '77' }, close(masterPid)]
    const descriptorsOf: Kernel['descriptorsOf'] = (pid, inode) =>
      pid === otherPid && inode === connection.inode ? [3] : []
    expect(ids(sent, {})).toEqual(['L1'])
    expect(ids(sent, { descriptorsOf })).toEqual([])
    expect(ids(sent, { descriptorsOf, holdersOfPipe: () => [otherPid] })).toEqual(['L10'])
  })
})

describe('other rules', () => {
  test('a message that came without some of its descriptors', () => {
    const second = { ...send(), position: 1, info: someInfo({ cookie: 1001n, inode: 5001n }), fd: 13 }
    expect(idsOf([accept, send(), second, receive(), close(masterPid)])).toEqual(['L3'])
  })

  test('two processes that accept from a listener which was passed', () => {
    const made: Step = { op: 'listen', fd: 10, info: listener }
    const given = { messageId: 7n, info: listener, detail: 1 }
    const moved: Step[] = [
      made,
      { op: 'passSend', fd: 10, ...given },
      { op: 'passReceive', pid: workerPid, fd: 8, ...given },
    ]
    expect(idsOf([...moved, consume(workerPid, listener)])).toEqual([])
    expect(idsOf([...moved, consume(workerPid, listener), consume(masterPid, listener)])).toEqual(['R4'])
    // Who accepts before a fork is nobody's concern.
    expect(idsOf([made, ...fork(workerPid), consume(workerPid, listener), consume(masterPid, listener)])).toEqual([])
  })

  test('a socket that its receiver sees otherwise', () => {
    const timeline = createTimeline()
    timeline.append(handedOver(someInfo(), someInfo({ peer: null })))
    expect(findFindings({ timeline }, withoutUse).map(({ rule }) => rule)).toEqual(['S1'])
  })

  test('what is off is not looked for', () => {
    const timeline = createTimeline()
    const write = eventWriter()
    timeline.append([accept, send()].map((step) => write(step)))
    expect(findFindings({ timeline }, { ...withoutUse, L1: 'off' })).toEqual([])
  })
})

test('a finding has a diagram of the socket’s life', () => {
  const [race] = findingsOf([accept, send(), receive(), consume(masterPid), close(masterPid)])
  expect(race === undefined ? '' : formatDiagram(race, plainNames)).toMatchInlineSnapshot(`
    "sequenceDiagram
      %% socket 1 host 2:80 ← test:49152
      participant p4711 as process[4711]
      participant p4712 as process[4712]
      Note over p4711: fd 12 accept from fd 10, peer 10.53.57.1:49152
      p4711->>p4712: passes fd 12 (R1)
      Note over p4711: fd 12 takes input (R1)
      Note over p4711: fd 12 close of its last descriptor"
  `)
})

test('a finding tells the rule, the two operations, the history, and how to allow it', () => {
  const [finding] = findingsOf([accept, send(), receive(), consume(masterPid), close(masterPid)])
  expect(finding === undefined ? [] : formatFinding(finding).join('\n')).toMatchInlineSnapshot(`
    "R1 use after pass: socket #1 host 2:80 ← test:49152
      process[4711] fd 12 passed it on; then process[4711] fd 12 took input from it.
          +0.0 ms  process[4711] fd 12  accept from fd 10, peer 10.53.57.1:49152
          +0.1 ms  process[4711] fd 12  passed → process[4712] fd 9
          +0.3 ms  process[4711] fd 12  takes input
          +0.4 ms  process[4711] fd 12  close of its last descriptor
      A process took input from a connection after it had passed it on. To allow it: environmentOptions['socket-wrapper'].rules = { R1: 'warn' }"
  `)
})

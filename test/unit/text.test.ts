import { describe, expect, test } from 'vitest'
import { compareRecreation } from '../../src/analysis/recreation.ts'
import { createTimeline } from '../../src/journal/timeline.ts'
import { formatDifferences } from '../../src/report/difference.ts'
import { formatHistory } from '../../src/report/history.ts'
import { formatAddress, formatEnds, formatPass, formatSocket } from '../../src/report/text.ts'
import type { JournalEvent } from '../../src/wire/events.ts'
import type { SocketInfo } from '../../src/wire/info.ts'
import { eventWriter, handedOver, masterPid, someInfo, workerPid } from './hand-written.ts'

const processNames = new Map([
  [masterPid, 'master'],
  [workerPid, 'worker'],
])
const names = {
  host: (number: number) => ['', 'test', 'web', 'db'][number],
  process: (pid: number) => processNames.get(pid),
}

function timelineOf(events: readonly JournalEvent[]) {
  const timeline = createTimeline({ names })
  timeline.append(events)
  return timeline
}

const passLine = (events: readonly JournalEvent[]) =>
  timelineOf(events)
    .passes()
    .map((pass) => formatPass(pass))
    .join('\n')
const history = (events: readonly JournalEvent[], limit?: number) =>
  timelineOf(events)
    .sockets()
    .map((socket) => [formatSocket(socket), ...formatHistory(socket, limit)].join('\n'))
    .join('\n')

describe('an address', () => {
  test.each([
    [null, 'none'],
    [{ family: 'IPv4', address: '10.53.57.2', port: 80 }, '10.53.57.2:80'],
    [{ family: 'IPv6', address: 'fd00::5357:5f02', port: 80 }, '[fd00::5357:5f02]:80'],
  ] as const)('%o is %s', (address, text) => {
    expect(formatAddress(address)).toBe(text)
  })
})

describe('the ends of a socket', () => {
  const ends = (fields: Partial<SocketInfo>) =>
    formatEnds(someInfo(fields), { host: (number) => names.host(number) ?? `host ${number}`, process: () => '' })
  const at = (address: string, port: number) =>
    ({ family: address.includes(':') ? 'IPv6' : 'IPv4', address, port }) as const

  test.each<[string, Partial<SocketInfo>]>([
    ['web:80 ← test:49152', {}],
    ['web:80 → test:49152', { flags: [] }],
    ['web:80 ← db:5', { peer: at('10.53.57.3', 5) }],
    ['web:80 ← db:5', { family: 'IPv6', peer: at('fd00::5357:5f03', 5) }],
    ['web:80 ← db:5', { family: 'IPv6', peer: at('::ffff:10.53.57.3', 5) }],
    ['web:80 ← web:5', { peer: at('127.0.0.1', 5) }],
    ['web:80 ← web:5', { family: 'IPv6', peer: at('::1', 5) }],
    ['web:80 ← host 64:5', { family: 'IPv6', peer: at('fd00::5357:5f40', 5) }],
    ['web:80 ← 10.53.57.65:5', { peer: at('10.53.57.65', 5) }],
    ['web:80 ← [fd00::5357:5f00]:5', { family: 'IPv6', peer: at('fd00::5357:5f00', 5) }],
    ['web:80 ← 192.0.2.7:5', { peer: at('192.0.2.7', 5) }],
    ['web:80 listening', { peer: null, state: 'listening', local: at('0.0.0.0', 80) }],
    ['web:80 listening', { family: 'IPv6', peer: null, state: 'listening', local: at('::', 80) }],
    ['web unbound', { peer: null, state: 'open', local: null }],
    ['udp web:53', { type: 'datagram', protocol: 'udp', peer: null, state: 'bound', local: at('10.53.57.2', 53) }],
    [
      'udp web:53 → db:5',
      { type: 'datagram', protocol: 'udp', flags: [], local: at('10.53.57.2', 53), peer: at('10.53.57.3', 5) },
    ],
  ])('are %s', (text, fields) => {
    expect(ends(fields)).toBe(text)
  })
})

describe('a pass', () => {
  const info = someInfo()

  test('is one line', () => {
    expect(passLine(handedOver())).toMatchInlineSnapshot(
      `"socket #2 web:80 ← test:49152  master[4711] fd 12 → worker[4712] fd 9  info equal"`,
    )
  })

  test('names the fields that differ', () => {
    expect(passLine(handedOver(info, { ...info, peer: null, options: { noDelay: 1 } }))).toMatchInlineSnapshot(
      `"socket #2 web:80 ← test:49152  master[4711] fd 12 → worker[4712] fd 9  info differs: peer, options.noDelay"`,
    )
  })

  test('in flight has no receiver', () => {
    expect(passLine(handedOver(info, null, null))).toMatchInlineSnapshot(
      `"socket #2 web:80 ← test:49152  master[4711] fd 12 → in flight"`,
    )
  })

  test('of a sender without the shim says so', () => {
    const write = eventWriter()
    expect(passLine([write({ op: 'passReceive', pid: workerPid, fd: 9, info })])).toMatchInlineSnapshot(
      `"socket #1 web:80 ← test:49152  a process without the shim → worker[4712] fd 9  info unknown: the sender left no record of it"`,
    )
  })

  test('of processes that nobody named has their programs', () => {
    const timeline = createTimeline()
    timeline.append(handedOver())
    expect(timeline.passes().map((pass) => formatPass(pass))).toMatchInlineSnapshot(`
      [
        "socket #2 host 2:80 ← test:49152  node[4711] fd 12 → node[4712] fd 9  info equal",
      ]
    `)
  })
})

describe('the history of a socket', () => {
  test('has a line for its birth, each step and each hop', () => {
    expect(history(handedOver())).toMatchInlineSnapshot(`
      "socket #1 web:80 listening
          +0.0 ms  master[4711] fd 10  born, IPv4 stream
          +0.1 ms  master[4711] fd 10  bind 10.53.57.2:80
          +0.2 ms  master[4711] fd 10  listen on 10.53.57.2:80
          +0.4 ms  worker[4712]  inherited by fork
      socket #2 web:80 ← test:49152
          +0.0 ms  master[4711] fd 12  accept from fd 10, peer 10.53.57.1:49152
          +0.1 ms  master[4711] fd 12  passed → worker[4712] fd 9
          +0.4 ms  master[4711] fd 12  close of its last descriptor"
    `)
  })

  test('tells failures by their errno, peeks, and a receiver nobody sent to', () => {
    const write = eventWriter()
    const info = someInfo()
    const open = someInfo({ state: 'open', local: null, peer: null, flags: [], version: 0 })
    const events = [
      write({ op: 'born', fd: 3, info: open }),
      write({ op: 'bind', fd: 3, result: -98, detail: 77, info: open }),
      write({ op: 'connect', fd: 3, result: -111, info }),
      write({ op: 'passSend', fd: 3, detail: 1, result: -11, messageId: 1n, info }),
      write({ op: 'passSend', fd: 3, detail: 1, messageId: 2n, info }),
      write({ op: 'passReceive', pid: workerPid, fd: 8, messageId: 2n, info }),
      write({ op: 'passReceive', pid: workerPid, fd: 9, messageId: 2n, info }),
      write({ op: 'shutdown', fd: 3, detail: 1, info }),
      write({ op: 'passReceive', pid: workerPid, fd: 10, info }),
      write({ op: 'drop', fd: 3, detail: 2, info }),
    ]
    expect(history(events)).toMatchInlineSnapshot(`
      "socket #1 web:80 ← test:49152
          +0.0 ms  master[4711] fd 3  born, IPv4 stream
          +0.1 ms  master[4711] fd 3  bind none: EADDRINUSE
          +0.2 ms  master[4711] fd 3  connect to 10.53.57.1:49152: ECONNREFUSED
          +0.3 ms  master[4711] fd 3  passed → nobody: EAGAIN
          +0.4 ms  master[4711] fd 3  passed → worker[4712] fd 8, then worker[4712] fd 9
          +0.7 ms  master[4711] fd 3  shutdown of writing
          +0.8 ms  worker[4712] fd 10  received, nobody said from whom
          +0.9 ms  master[4711] fd 3  close, 2 left"
    `)
  })

  test('has ten lines at most, the middle as one of them', () => {
    const write = eventWriter()
    const copies = Array.from({ length: 30 }, (_, index) =>
      write({ op: 'copy', fd: 20 + index, detail: 3, info: someInfo() }),
    )
    const lines = history(copies).split('\n').slice(1)
    expect(lines).toHaveLength(10)
    expect(lines[4]).toBe('… 21 more …')
    expect(lines.at(-1)).toContain('fd 49')
    expect(history(copies.slice(0, 10)).split('\n').slice(1)).toHaveLength(10)
    expect(history(copies.slice(0, 10))).not.toContain('more')
  })
})

test('differences have one line for each field, with every place it differs in', () => {
  const info = someInfo({ options: { noDelay: 1 } })
  const [pass] = timelineOf(
    handedOver(info, { ...info, peer: null, options: {}, flags: [] }, { ...info, options: {} }),
  ).passes()
  const recreation = pass === undefined ? undefined : compareRecreation(pass)
  if (pass === undefined || recreation?.kind !== 'differs') throw new Error('nothing differs')
  expect(formatDifferences(recreation.differences, pass).join('\n')).toMatchInlineSnapshot(`
    "options.noDelay: the sender had 1, the envelope has 0, the receiver has 0
    peer: the sender had 10.53.57.1:49152, the envelope has the same, the receiver has none
    flags: the sender had accepted, the envelope has the same, the receiver has none"
  `)
})

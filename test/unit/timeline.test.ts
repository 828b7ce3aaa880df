import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTimeline, type PassView } from '../../src/journal/timeline.ts'
import type { ProcessRow } from '../../src/wire/arena.ts'
import type { JournalEvent } from '../../src/wire/events.ts'
import { eventWriter, handedOver, masterPid, someInfo, workerPid } from './hand-written.ts'

function timelineOf(events: readonly JournalEvent[]) {
  const timeline = createTimeline()
  timeline.append(events)
  return timeline
}

function row(fields: Partial<ProcessRow>): ProcessRow {
  return {
    pid: 1,
    parent: 0,
    host: 0,
    program: '',
    startedNs: 0n,
    isUnderShim: false,
    isSpawned: false,
    isTest: false,
    isExited: false,
    ...fields,
  }
}

/** What a test of joining cares about. */
function outline({ number, messageId, position, from, to, envelope, received, receipts }: PassView) {
  const text = (end: { pid: number; fd: number } | null) => (end === null ? null : `${end.pid}:${end.fd}`)
  return {
    number,
    messageId,
    position,
    from: text(from),
    sent: from.info?.cookie,
    to: text(to),
    envelope: envelope?.cookie,
    received: received?.cookie,
    receipts: receipts.length,
  }
}

describe('sockets', () => {
  test('are numbered in the order of their first appearance and keep their history', () => {
    const [listener, connection, ...others] = timelineOf(handedOver()).sockets()
    expect(others).toEqual([])
    expect(listener).toMatchObject({ number: 1, bornBy: masterPid, info: { cookie: 999n, state: 'listening' } })
    expect(listener?.history.map(({ op }) => op)).toEqual(['born', 'bind', 'listen', 'fork', 'processFork'])
    expect(connection).toMatchObject({ number: 2, info: { cookie: 1000n } })
    expect(connection?.history.map(({ op }) => op)).toEqual([
      'accept',
      'passSend',
      'passEnvelope',
      'passReceive',
      'drop',
    ])
  })

  test('keep the info of the highest version, whichever record comes last', () => {
    const write = eventWriter()
    const [socket] = timelineOf([
      write({ op: 'born', fd: 3, info: someInfo({ version: 1, state: 'open' }) }),
      write({ op: 'connect', fd: 3, info: someInfo({ version: 4, state: 'connected' }) }),
      write({ op: 'copy', pid: 5000, fd: 4, detail: 3, info: someInfo({ version: 2, state: 'open' }) }),
    ]).sockets()
    expect(socket?.info).toMatchObject({ version: 4, state: 'connected' })
  })

  test('are held by what accept, copy, fork and receive gave, and not by what was dropped', () => {
    const write = eventWriter()
    const info = someInfo()
    const timeline = timelineOf([...handedOver()])
    const holders = () => timeline.sockets().map((socket) => socket.holders.map(({ pid, fd }) => `${pid}:${fd}`))
    // The listener was inherited by the fork; the connection was passed and dropped by the master.
    expect(holders()).toEqual([['4711:10', '4712:10'], ['4712:9']])
    timeline.append([
      write({ op: 'copy', pid: workerPid, fd: 11, detail: 9, info }),
      write({ op: 'fork', pid: workerPid }),
      write({ op: 'processFork', pid: 4713, detail: workerPid }),
    ])
    expect(holders()[1]).toEqual(['4712:9', '4712:11', '4713:9', '4713:11'])
    timeline.append([write({ op: 'drop', pid: workerPid, fd: 9, detail: 1, info })])
    expect(holders()[1]).toEqual(['4712:11', '4713:9', '4713:11'])
    timeline.append([write({ op: 'processExit', pid: 4713 })])
    expect(holders()).toEqual([['4711:10', '4712:10'], ['4712:11']])
    timeline.append([write({ op: 'drop', pid: workerPid, fd: 99, detail: 0, info })])
    expect(holders()[1]).toEqual([])
  })

  test('lose a number that another socket got', () => {
    const write = eventWriter()
    const sockets = timelineOf([
      write({ op: 'accept', fd: 7, detail: 3, info: someInfo({ cookie: 1n }) }),
      write({ op: 'accept', fd: 7, detail: 3, info: someInfo({ cookie: 2n }) }),
    ]).sockets()
    expect(sockets.map(({ holders }) => holders.length)).toEqual([0, 1])
  })

  test('without a cookie go by their number in the process', () => {
    const write = eventWriter()
    const info = someInfo({ cookie: 0n })
    const sockets = timelineOf([
      write({ op: 'born', fd: 7, info }),
      write({ op: 'bind', fd: 7, info }),
      write({ op: 'bind', pid: 5000, fd: 7, info }),
    ]).sockets()
    expect(sockets.map(({ history }) => history.length)).toEqual([2, 1])
  })

  test('are not made by a failed accept', () => {
    const write = eventWriter()
    const [socket] = timelineOf([write({ op: 'accept', fd: 7, result: -24, detail: 3, info: someInfo() })]).sockets()
    expect(socket?.holders).toEqual([])
  })

  test('leave out the middle of a long history and say how much', () => {
    const write = eventWriter()
    const [socket] = timelineOf(
      Array.from({ length: 1000 }, (_, index) => write({ op: 'copy', fd: 100 + index, detail: 3, info: someInfo() })),
    ).sockets()
    const length = socket?.history.length ?? 0
    expect(length).toBeLessThanOrEqual(256)
    expect(length + (socket?.historyLeftOut ?? 0)).toBe(1000)
    expect(socket?.history[0]?.sequence).toBe(1n)
    expect(socket?.history.at(-1)?.sequence).toBe(1000n)
  })
})

describe('passes', () => {
  const info = someInfo()

  test('join the send, the envelope and the receive', () => {
    const passes = timelineOf(handedOver(info, { ...info, state: 'open' })).passes()
    expect(passes).toHaveLength(1)
    expect(passes[0]).toMatchObject({
      number: 1,
      messageId: 5n,
      position: 0,
      descriptors: 1,
      from: { pid: masterPid, fd: 12, info },
      to: { pid: workerPid, fd: 9 },
      envelope: info,
      received: { state: 'open' },
      socket: { number: 2 },
    })
    expect(passes[0]?.sentAtNs).toBeLessThan(passes[0]?.receivedAtNs ?? 0n)
  })

  test('are in flight until they are received', () => {
    expect(timelineOf(handedOver(info, null, null)).passes()).toMatchObject([
      { to: null, envelope: null, received: null, receivedAtNs: null },
    ])
  })

  test('wait for a sender whose record comes after that of the receiver', () => {
    const write = eventWriter()
    const message = { messageId: 8n, info }
    const timeline = timelineOf([
      write({ op: 'passEnvelope', pid: workerPid, fd: 9, detail: masterPid, ...message }),
      write({ op: 'passReceive', pid: workerPid, fd: 9, ...message }),
    ])
    expect(timeline.passes()).toEqual([])
    timeline.append([write({ op: 'passSend', fd: 12, detail: 1, ...message })])
    expect(timeline.passes().map(outline)).toEqual([
      {
        number: 1,
        messageId: 8n,
        position: 0,
        from: '4711:12',
        sent: 1000n,
        to: '4712:9',
        envelope: 1000n,
        received: 1000n,
        receipts: 1,
      },
    ])
  })

  test('of a sender that was killed before its record are shown when its end is known', () => {
    const write = eventWriter()
    const timeline = timelineOf([
      write({ op: 'processStart', text: 'node' }),
      write({ op: 'passEnvelope', pid: workerPid, fd: 9, detail: masterPid, info, messageId: 8n }),
      write({ op: 'passReceive', pid: workerPid, fd: 9, info, messageId: 8n }),
    ])
    timeline.endProcess(workerPid, 1n)
    expect(timeline.passes()).toEqual([])
    timeline.endProcess(masterPid, 1n)
    expect(timeline.passes()).toMatchObject([
      { from: { pid: masterPid, fd: -1, info: null }, sentAtNs: null, to: { pid: workerPid, fd: 9 } },
    ])
  })

  test('are none when the send failed', () => {
    const write = eventWriter()
    expect(
      timelineOf([write({ op: 'passSend', fd: 12, detail: 1, result: -11, messageId: 8n, info })]).passes(),
    ).toEqual([])
  })

  test('of one socket twice in a message are two', () => {
    const write = eventWriter()
    const both = [0, 1].flatMap((position) => [
      write({ op: 'passSend', fd: 12, detail: 2, messageId: 8n, position, info }),
      write({ op: 'passReceive', pid: workerPid, fd: 20 + position, messageId: 8n, position, info }),
    ])
    expect(timelineOf(both).passes().map(outline)).toMatchObject([
      { position: 0, to: '4712:20' },
      { position: 1, to: '4712:21' },
    ])
  })

  test('that were peeked at are received by the last, and keep every receipt', () => {
    const write = eventWriter()
    const message = { messageId: 8n, info }
    const [pass] = timelineOf([
      write({ op: 'passSend', fd: 12, detail: 1, ...message }),
      write({ op: 'passEnvelope', pid: workerPid, fd: 9, detail: masterPid, ...message }),
      write({ op: 'passReceive', pid: workerPid, fd: 9, ...message }),
      write({ op: 'passEnvelope', pid: workerPid, fd: 10, detail: masterPid, ...message }),
      write({ op: 'passReceive', pid: workerPid, fd: 10, ...message }),
    ]).passes()
    expect(pass).toMatchObject({
      to: { fd: 10 },
      envelope: info,
      receipts: [
        { fd: 9, envelope: info, info },
        { fd: 10, envelope: info, info },
      ],
    })
  })

  test('keep the socket of the sender when the receiver took it for another', () => {
    const write = eventWriter()
    const passes = timelineOf([
      write({ op: 'passSend', fd: 12, detail: 1, messageId: 8n, info }),
      write({ op: 'passReceive', pid: workerPid, fd: 9, messageId: 8n, info: { ...info, cookie: 2n } }),
    ]).passes()
    expect(passes.map(outline)).toMatchObject([{ sent: 1000n, received: 2n }])
    expect(passes[0]?.socket.info.cookie).toBe(1000n)
  })

  test('whose envelope was lost go to the oldest send of that socket', () => {
    const write = eventWriter()
    const passes = timelineOf([
      write({ op: 'passSend', fd: 12, detail: 1, messageId: 8n, info }),
      write({ op: 'passSend', fd: 12, detail: 1, messageId: 9n, info }),
      write({ op: 'passSend', fd: 13, detail: 1, messageId: 10n, info: { ...info, cookie: 2n } }),
      write({ op: 'passReceive', pid: workerPid, fd: 9, info }),
      write({ op: 'passReceive', pid: workerPid, fd: 10, info }),
    ]).passes()
    expect(passes.map(outline)).toMatchObject([
      { messageId: 8n, to: '4712:9' },
      { messageId: 9n, to: '4712:10' },
      { messageId: 10n, to: null },
    ])
  })

  test('whose envelope was lost wait for a sender whose record comes after that of the receiver', () => {
    const write = eventWriter()
    const info = someInfo()
    const timeline = createTimeline()
    timeline.append([
      write({ op: 'accept', fd: 12, detail: 10, info }),
      write({ op: 'born', pid: workerPid, fd: 9, detail: 1, info }),
      write({ op: 'passReceive', pid: workerPid, fd: 9, info }),
      write({ op: 'passSend', fd: 12, info, detail: 2, messageId: 7n }),
      // Another pass of the same socket, which is still in flight.
      write({ op: 'passSend', fd: 12, info, detail: 1, messageId: 8n }),
    ])
    expect(timeline.passes()).toMatchObject([
      { messageId: 7n, descriptors: 2, from: { pid: masterPid, fd: 12 }, to: { pid: workerPid, fd: 9 } },
      { messageId: 8n, to: null },
    ])
  })

  test('of a sender without the shim have nobody to come from', () => {
    const write = eventWriter()
    expect(
      timelineOf([write({ op: 'passReceive', pid: workerPid, fd: 9, info })])
        .passes()
        .map(outline),
    ).toMatchObject([{ number: 1, messageId: 0n, from: '0:-1', sent: undefined, to: '4712:9', received: 1000n }])
  })
})

describe('processes', () => {
  test('have parent, program and host, and live until they exit', () => {
    const write = eventWriter()
    const timeline = timelineOf(handedOver())
    timeline.addProcesses([
      row({ pid: masterPid, parent: 4000, host: 2, isUnderShim: true }),
      row({ pid: 4000, host: 1, program: 'node', isTest: true }),
    ])
    timeline.append([write({ op: 'processExit', pid: workerPid })])
    expect(timeline.processes()).toMatchObject([
      {
        pid: masterPid,
        parent: 4000,
        host: 2,
        program: 'node',
        isAlive: true,
        exitedAtNs: null,
        isUnderShim: true,
        isTest: false,
      },
      { pid: workerPid, parent: masterPid, host: 2, program: 'node', isAlive: false, exitedAtNs: 100_000n },
      { pid: 4000, parent: 0, host: 1, program: 'node', isAlive: true, isUnderShim: false, isTest: true },
    ])
  })

  test('stay one process over exec, with the new program', () => {
    const write = eventWriter()
    const timeline = timelineOf([
      write({ op: 'processFork', pid: 9, detail: 1 }),
      write({ op: 'processExec', pid: 9, text: 'sh' }),
      write({ op: 'processStart', pid: 9, detail: 1, text: 'python3' }),
    ])
    expect(timeline.processes()).toMatchObject([{ pid: 9, parent: 1, program: 'python3', isAlive: true }])
  })

  test('with a number that was used before are others', () => {
    const write = eventWriter()
    const timeline = timelineOf([
      write({ op: 'processStart', pid: 9, detail: 1, text: 'a' }),
      write({ op: 'processExit', pid: 9 }),
      write({ op: 'processStart', pid: 9, detail: 1, text: 'b' }),
      write({ op: 'processFork', pid: 9, detail: 2 }),
    ])
    expect(timeline.processes()).toMatchObject([
      { program: 'a', isAlive: false },
      { program: 'b', isAlive: false },
      { parent: 2, isAlive: true },
    ])
  })

  test('that were killed end when somebody says so, once', () => {
    const timeline = timelineOf(handedOver())
    let changes = 0
    timeline.onChange(() => changes++)
    timeline.endProcess(workerPid, 77n)
    timeline.endProcess(workerPid, 78n)
    timeline.endProcess(1, 78n)
    expect(timeline.processes()).toMatchObject([{ isAlive: true }, { isAlive: false, exitedAtNs: 77n }])
    expect(changes).toBe(1)
  })

  test('are not brought back by an old row of the table', () => {
    const timeline = timelineOf([])
    timeline.addProcesses([row({ pid: 9, isExited: true })])
    expect(timeline.processes()).toEqual([])
  })
})

describe('a timeline', () => {
  test('tells listeners once for each batch that changes it, until they stop', () => {
    const timeline = createTimeline()
    const seen: number[] = []
    const stop = timeline.onChange(() => seen.push(timeline.events.length))
    const events = handedOver()
    timeline.append(events)
    timeline.append([])
    timeline.append(events)
    stop()
    timeline.append(events)
    expect(seen).toEqual([events.length, 2 * events.length])
  })

  test('keeps the newest and counts what it forgot', () => {
    const write = eventWriter()
    const timeline = createTimeline({ limits: { events: 80, sockets: 16, passes: 8 } })
    for (let index = 0; index < 100; index++) {
      const info = someInfo({ cookie: BigInt(index + 1) })
      timeline.append([
        write({ op: 'passSend', fd: 12, detail: 1, messageId: BigInt(index + 1), info }),
        write({ op: 'passReceive', pid: workerPid, fd: 9, messageId: BigInt(index + 1), info }),
      ])
    }
    const { events, sockets, passes } = timeline.forgotten
    expect([
      timeline.events.length + events,
      timeline.sockets().length + sockets,
      timeline.passes().length + passes,
    ]).toEqual([200, 100, 100])
    expect(timeline.events.length).toBeLessThanOrEqual(80)
    expect(timeline.passes().length).toBeLessThanOrEqual(8)
    expect(timeline.passes().at(-1)).toMatchObject({ number: 100, to: { fd: 9 }, socket: { number: 100 } })
  })

  test('is the same whether events come at once or one by one', () => {
    fc.assert(
      fc.property(generatedEvents, (events) => {
        const atOnce = timelineOf(events)
        const oneByOne = createTimeline()
        for (const event of events) oneByOne.append([event])
        expect(oneByOne.passes().map(outline)).toEqual(atOnce.passes().map(outline))
        expect(oneByOne.sockets().map(({ number, holders }) => [number, holders])).toEqual(
          atOnce.sockets().map(({ number, holders }) => [number, holders]),
        )
        expect(oneByOne.processes()).toEqual(atOnce.processes())
      }),
    )
  })

  test('joins each pass with its receiver in every order of the records that keeps the order of each process', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.infiniteStream(fc.boolean()), (count, choices) => {
        const write = eventWriter()
        const ids = Array.from({ length: count }, (_, index) => BigInt(index + 1))
        const infoOf = (id: bigint) => someInfo({ cookie: 100n + id })
        const sent = ids.map((id) =>
          write({ op: 'passSend', fd: 10 + Number(id), detail: 1, messageId: id, info: infoOf(id) }),
        )
        const received = ids.map((id) =>
          write({ op: 'passReceive', pid: workerPid, fd: 50 + Number(id), messageId: id, info: infoOf(id) }),
        )
        const merged: JournalEvent[] = []
        while (sent.length > 0 || received.length > 0) {
          const next = (choices.next().value === true ? sent : received).shift() ?? sent.shift() ?? received.shift()
          if (next !== undefined) merged.push(next)
        }
        const passes = timelineOf(merged).passes()
        expect(passes.map(({ messageId, from, to }) => [messageId, from.fd, to?.fd]).sort()).toEqual(
          ids.map((id) => [id, 10 + Number(id), 50 + Number(id)]).sort(),
        )
      }),
    )
  })
})

/** Any records of a few processes, descriptors, sockets and messages: nothing about them need make sense. */
const generatedEvents: fc.Arbitrary<JournalEvent[]> = fc
  .array(
    fc.record({
      op: fc.constantFrom(
        'born',
        'bind',
        'accept',
        'copy',
        'drop',
        'passSend',
        'passEnvelope',
        'passReceive',
        'processFork',
        'processExit',
        'processStart',
        'none',
      ),
      pid: fc.integer({ min: 1, max: 4 }),
      fd: fc.integer({ min: -1, max: 4 }),
      detail: fc.integer({ min: 0, max: 4 }),
      result: fc.constantFrom(0, 0, 0, -11),
      messageId: fc.bigInt({ min: 0n, max: 4n }),
      position: fc.integer({ min: 0, max: 1 }),
      cookie: fc.option(fc.bigInt({ min: 0n, max: 4n })),
    } as const),
    { maxLength: 60 },
  )
  .map((fields) => {
    const write = eventWriter()
    return fields.map(({ cookie, ...rest }) => write({ ...rest, info: cookie === null ? null : someInfo({ cookie }) }))
  })

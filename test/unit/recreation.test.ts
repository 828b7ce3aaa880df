import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { findIncompleteness } from '../../src/analysis/completeness.ts'
import { compareRecreation, differingFields } from '../../src/analysis/recreation.ts'
import { createTimeline, type PassView } from '../../src/journal/timeline.ts'
import type { JournalEvent } from '../../src/wire/events.ts'
import type { SocketInfo } from '../../src/wire/info.ts'
import { readArena, arenaLayout } from '../../src/wire/layout.gen.ts'
import { eventWriter, handedOver, masterPid, someInfo, workerPid } from './hand-written.ts'

function passOf(events: readonly JournalEvent[]): PassView {
  const timeline = createTimeline()
  timeline.append(events)
  const [pass] = timeline.passes()
  if (pass === undefined) throw new Error('there is no pass in these events')
  return pass
}

const sent = someInfo({ options: { noDelay: 1 } })
const other = { family: 'IPv4', address: '10.53.57.3', port: 81 } as const

/** One change for each field that a program can ask for. */
const changes: [field: string, change: Partial<SocketInfo>][] = [
  ['family', { family: 'IPv6' }],
  ['type', { type: 'datagram' }],
  ['protocol', { protocol: 'udp' }],
  ['local', { local: other }],
  ['local', { local: null }],
  ['peer', { peer: { family: 'IPv4', address: '10.53.57.1', port: 49153 } }],
  ['peer', { peer: null }],
  ['state', { state: 'bound' }],
  ['host', { host: 3 }],
  ['flags', { flags: [] }],
  ['flags', { flags: ['accepted', 'dualStack'] }],
  ['options.noDelay', { options: {} }],
  ['options.keepIdleSeconds', { options: { noDelay: 1, keepIdleSeconds: 60 } }],
  ['cookie', { cookie: 1001n }],
  ['inode', { inode: 5001n }],
]

const mutations = changes.map(([field, change]) => ({
  field,
  change,
  text: inspect(change, { breakLength: Infinity }),
}))

describe('a pass', () => {
  test('that recreated everything is equal', () => {
    expect(compareRecreation(passOf(handedOver(sent)))).toEqual({ kind: 'equal' })
  })

  test.each(mutations)('whose receiver has another $field names it: $text', ({ field, change }) => {
    const recreation = compareRecreation(passOf(handedOver(sent, { ...sent, ...change }, sent)))
    expect(differingFields(recreation)).toEqual([field])
    expect(recreation).toMatchObject({ differences: [{ field, where: 'receiver' }] })
  })

  test.each(mutations)('whose envelope had another $field names it: $text', ({ field, change }) => {
    const recreation = compareRecreation(passOf(handedOver(sent, sent, { ...sent, ...change })))
    expect(differingFields(recreation)).toEqual([field])
    expect(recreation).toMatchObject({ differences: [{ field, where: 'envelope' }] })
  })

  test('tells both values of a field', () => {
    expect(compareRecreation(passOf(handedOver(sent, { ...sent, peer: null }, sent)))).toEqual({
      kind: 'differs',
      differences: [{ field: 'peer', where: 'receiver', sent: sent.peer, found: null }],
    })
  })

  test.each<[string, Partial<SocketInfo>]>([
    ['is marked as shared by the pass', { flags: ['accepted', 'shared'] }],
    ['has a version of its own', { version: 0 }],
    ['does not tidy up names', { flags: ['accepted', 'named', 'aliasV4', 'aliasLoopback', 'loopbackName'] }],
    ['does not know who made it', { bornPid: 0 }],
    ['has an error that nobody has asked for yet', { pendingError: 111 }],
    ["does not know the kernel's numbers", { cookie: 0n, inode: 0n }],
    ['has an option set to its standard value', { options: { noDelay: 1, keepIdleSeconds: 7200 } }],
  ])('is equal when the received socket %s', (_, change) => {
    expect(compareRecreation(passOf(handedOver(sent, { ...sent, ...change }, sent)))).toEqual({ kind: 'equal' })
  })

  test('without an envelope is judged by what the receiver answers', () => {
    expect(compareRecreation(passOf(handedOver(sent, sent, null)))).toEqual({ kind: 'equal' })
    expect(differingFields(compareRecreation(passOf(handedOver(sent, { ...sent, peer: null }, null))))).toEqual([
      'peer',
    ])
  })

  test('in flight says so', () => {
    expect(compareRecreation(passOf(handedOver(sent, null, null)))).toEqual({
      kind: 'unknown',
      reason: 'it is still in flight',
    })
  })

  test('that was peeked at is judged by each receipt', () => {
    const write = eventWriter()
    const message = { messageId: 5n, pid: workerPid }
    const pass = passOf([
      write({ op: 'passSend', fd: 12, detail: 1, messageId: 5n, info: sent }),
      write({ op: 'passReceive', fd: 9, info: { ...sent, peer: null }, ...message }),
      write({ op: 'passReceive', fd: 10, info: sent, ...message }),
    ])
    expect(differingFields(compareRecreation(pass))).toEqual(['peer'])
  })

  describe('whose socket changed in flight', () => {
    const unconnected = someInfo({ peer: null, state: 'bound', version: 3 })
    const connected = someInfo({ version: 4 })
    const write = eventWriter()
    const send = write({ op: 'passSend', fd: 12, detail: 1, messageId: 5n, info: unconnected })
    const receive = (info: SocketInfo) => write({ op: 'passReceive', pid: workerPid, fd: 9, messageId: 5n, info })

    test('is equal when the receiver tells what the other holder did', () => {
      expect(
        compareRecreation(passOf([send, write({ op: 'connect', fd: 12, info: connected }), receive(connected)])),
      ).toEqual({ kind: 'equal' })
    })

    test('differs when the receiver tells something else', () => {
      const events = [send, write({ op: 'connect', fd: 12, info: connected }), receive({ ...connected, peer: other })]
      expect(differingFields(compareRecreation(passOf(events)))).toEqual(['peer'])
    })

    test('differs when nobody did what the receiver tells', () => {
      expect(differingFields(compareRecreation(passOf([send, receive(connected)])))).toEqual(['peer', 'state'])
    })

    test('differs when only the receiver itself says so again', () => {
      const wrong = write({ op: 'drop', pid: workerPid, fd: 9, info: connected })
      expect(differingFields(compareRecreation(passOf([send, receive(connected), wrong])))).toEqual(['peer', 'state'])
    })

    test('may have newer options, since setsockopt writes no record', () => {
      expect(
        compareRecreation(passOf([send, receive({ ...unconnected, version: 4, options: { noDelay: 1 } })])),
      ).toEqual({ kind: 'equal' })
      expect(
        differingFields(compareRecreation(passOf([send, receive({ ...unconnected, options: { noDelay: 1 } })]))),
      ).toEqual(['options.noDelay'])
    })
  })

  describe('of a sender that left no record', () => {
    const write = eventWriter()
    const received = (info: SocketInfo) => write({ op: 'passReceive', pid: workerPid, fd: 9, info })

    test('is compared with what the journal knew before', () => {
      const accepted = write({ op: 'accept', pid: masterPid, fd: 12, detail: 10, info: sent })
      expect(compareRecreation(passOf([accepted, received(sent)]))).toEqual({ kind: 'equal' })
      expect(differingFields(compareRecreation(passOf([accepted, received({ ...sent, peer: null })])))).toEqual([
        'peer',
      ])
    })

    test('is unknown when the journal knew nothing', () => {
      expect(compareRecreation(passOf([received(sent)]))).toEqual({
        kind: 'unknown',
        reason: 'the sender left no record of it',
      })
    })
  })
})

test('a journal is incomplete when something found no room, and the limit is named', () => {
  const nothing = { events: 0, sockets: 0, passes: 0 }
  const head = {
    ...readArena(new DataView(new ArrayBuffer(arenaLayout.size))),
    recordCount: 4096,
    socketCount: 1024,
    processCount: 512,
  }
  expect(findIncompleteness(head, nothing)).toEqual([])
  expect(
    findIncompleteness({ ...head, lost: 3n, registryLost: 2n, processLost: 1n }, { ...nothing, passes: 9 }),
  ).toEqual([
    { what: 'records', lost: 3, limit: 4096, option: 'records' },
    { what: 'sockets', lost: 2, limit: 1024, option: 'sockets' },
    { what: 'processes', lost: 1, limit: 512, option: 'processes' },
    { what: 'old passes', lost: 9, limit: null, option: null },
  ])
})

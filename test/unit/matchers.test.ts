import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { createJudge } from '../../src/analysis/allow.ts'
import { finding } from '../../src/analysis/finding.ts'
import { findViolations } from '../../src/analysis/ownership.ts'
import { createTimeline } from '../../src/journal/timeline.ts'
import { plainNames } from '../../src/journal/names.ts'
import { createMatchers } from '../../src/matchers/matchers.ts'
import type {} from '../../src/matchers/types.ts'
import { ruleIds, type RuleLevels } from '../../src/rules.ts'
import type { JournalEvent } from '../../src/wire/events.ts'
import type { SocketInfo } from '../../src/wire/info.ts'
import { eventWriter, handedOver, masterPid, someInfo, workerPid } from './hand-written.ts'

/** Stands for an object of Node's. */
const nodeSocket = { isNodeSocket: true }

expect.extend(
  createMatchers((value) => (value === nodeSocket ? { info: someInfo(), socket: null, names: plainNames } : undefined)),
)

function timelineOf(events: readonly JournalEvent[]) {
  const processes = new Map([
    [masterPid, 'master'],
    [workerPid, 'worker'],
  ])
  const hosts = ['', 'test', 'web']
  const timeline = createTimeline({ names: { host: (number) => hosts[number], process: (pid) => processes.get(pid) } })
  timeline.append(events)
  return timeline
}

function passOf(events: readonly JournalEvent[]) {
  const [pass] = timelineOf(events).passes()
  if (pass === undefined) throw new Error('there is no pass in these events')
  return pass
}

/** The message of the assertion that fails. */
function messageOf(assertion: () => void): string {
  try {
    assertion()
  } catch (error) {
    return stripVTControlCharacters((error as Error).message)
  }
  throw new Error('the assertion holds')
}

const info = someInfo()
const levels = Object.fromEntries(ruleIds.map((id) => [id, 'fail'])) as RuleLevels

describe('toRecreateSocketInfo', () => {
  test('holds for a pass that recreated everything', () => {
    expect(passOf(handedOver())).toRecreateSocketInfo()
    expect(messageOf(() => expect(passOf(handedOver())).not.toRecreateSocketInfo())).toContain(
      'Expected: not the same socket info',
    )
  })

  test('tells what differs, and what happened to the socket', () => {
    const pass = passOf(handedOver(info, { ...info, peer: null, state: 'bound' }, info))
    expect(messageOf(() => expect(pass).toRecreateSocketInfo())).toMatchInlineSnapshot(`
      "expect(pass).toRecreateSocketInfo()

      Expected: the same socket info in worker[4712] fd 9 as in master[4711] fd 12
      Received: info differs: peer, state
        peer: the sender had 10.53.57.1:49152, the envelope has the same, the receiver has none
        state: the sender had connected, the envelope has the same, the receiver has bound

      socket #2 web:80 ← test:49152
          +0.0 ms  master[4711] fd 12  accept from fd 10, peer 10.53.57.1:49152
          +0.1 ms  master[4711] fd 12  passed → worker[4712] fd 9
          +0.4 ms  master[4711] fd 12  close of its last descriptor

      See more: \`reporters: ['default', 'vitest-environment-socket-wrapper/reporter']\` prints the hosts, processes and passes of each test."
    `)
  })

  test.each<[string, Partial<SocketInfo>]>([
    ['family', { family: 'IPv6' }],
    ['type', { type: 'datagram' }],
    ['protocol', { protocol: 'udp' }],
    ['local', { local: null }],
    ['peer', { peer: null }],
    ['state', { state: 'open' }],
    ['host', { host: 1 }],
    ['flags', { flags: [] }],
    ['options.noDelay', { options: { noDelay: 1 } }],
    ['inode', { inode: 1n }],
    ['cookie', { cookie: 1n }],
  ])('names the field %s when only that differs', (field, change) => {
    const message = messageOf(() =>
      expect(passOf(handedOver(info, { ...info, ...change }, info))).toRecreateSocketInfo(),
    )
    expect(message).toContain(`Received: info differs: ${field}\n  ${field}: the sender had `)
  })

  test('does not hold while the pass is in flight', () => {
    const pass = passOf(handedOver(info, null, null))
    expect(pass).not.toRecreateSocketInfo()
    expect(messageOf(() => expect(pass).toRecreateSocketInfo())).toContain(
      'Received: info unknown: it is still in flight',
    )
  })

  test.each([undefined, null, {}, 'pass', info])('refuses %o, which is no pass, with and without not', (value) => {
    expect(() => expect(value).toRecreateSocketInfo()).toThrow(/^toRecreateSocketInfo takes a pass, .*; got /)
    expect(() => expect(value).not.toRecreateSocketInfo()).toThrow(/^toRecreateSocketInfo takes a pass, .*; got /)
  })
})

describe('toHaveSocketInfo', () => {
  const pass = passOf(handedOver())

  test('compares only the fields that are named, at any depth', () => {
    expect(info).toHaveSocketInfo({ type: 'stream', local: { port: 80 }, state: 'connected' })
    expect(info).toHaveSocketInfo({ peer: { family: 'IPv4', address: '10.53.57.1', port: 49152 } })
    expect(info).toHaveSocketInfo({})
    expect(info).not.toHaveSocketInfo({ local: { port: 81 } })
    expect(info).not.toHaveSocketInfo({ type: 'stream', local: { port: 81 } })
    expect(someInfo({ peer: null })).toHaveSocketInfo({ peer: null })
    expect(info).not.toHaveSocketInfo({ peer: null })
  })

  test('takes asymmetric matchers anywhere, and is one itself', () => {
    expect(info).toHaveSocketInfo({
      cookie: expect.any(BigInt),
      peer: { port: expect.any(Number) },
      local: expect.anything(),
    })
    expect(info).not.toHaveSocketInfo({ cookie: expect.any(Number) })
    expect([info]).toEqual([expect.toHaveSocketInfo({ local: { port: 80 } })])
    expect([info]).toEqual([expect.not.toHaveSocketInfo({ local: { port: 81 } })])
  })

  test('knows the standard value of an option that was never set', () => {
    expect(info).toHaveSocketInfo({ options: { noDelay: 0, keepIdleSeconds: 7200 } })
    expect(info).not.toHaveSocketInfo({ options: { noDelay: 1 } })
    expect(someInfo({ options: { noDelay: 1, tos: 8 } })).toHaveSocketInfo({ options: { noDelay: 1 } })
  })

  test('takes what was received of a pass, the info of a socket, and what can be looked up', () => {
    const other = passOf(handedOver(info, { ...info, host: 3 }, info))
    expect(other).toHaveSocketInfo({ host: 3 })
    expect(other.socket).toHaveSocketInfo({ cookie: 1000n })
    expect({ ...pass.socket, holders: [] }).toHaveSocketInfo({ cookie: 1000n })
    expect(nodeSocket).toHaveSocketInfo({ cookie: 1000n })
    expect(() => expect({ fd: 7 }).toHaveSocketInfo({})).toThrow(
      'toHaveSocketInfo takes a socket of a network, a pass, an info, or a net.Socket, net.Server or dgram.Socket that is open; got an object with the keys fd.',
    )
  })

  test('does not hold for a pass in flight', () => {
    expect(messageOf(() => expect(passOf(handedOver(info, null, null))).toHaveSocketInfo({ host: 2 }))).toContain(
      'Expected: the pass, which is still in flight to have host\nReceived: no info',
    )
  })

  test('shows the difference of the named fields only', () => {
    const message = messageOf(() =>
      expect(pass).toHaveSocketInfo({ type: 'datagram', local: { port: 81 }, state: 'connected' }),
    )
    expect(message).toMatchInlineSnapshot(`
      "expect(socket).toHaveSocketInfo(info)

      Expected: the socket that was received to have type, local, state
      Received: an info with differences
        - Expected
        + Received

          {
            "local": {
        -     "port": 81,
        +     "port": 80,
            },
            "state": "connected",
        -   "type": "datagram",
        +   "type": "stream",
          }

      socket #2 web:80 ← test:49152
          +0.0 ms  master[4711] fd 12  accept from fd 10, peer 10.53.57.1:49152
          +0.1 ms  master[4711] fd 12  passed → worker[4712] fd 9
          +0.4 ms  master[4711] fd 12  close of its last descriptor

      See more: \`reporters: ['default', 'vitest-environment-socket-wrapper/reporter']\` prints the hosts, processes and passes of each test."
    `)
  })
})

describe('toBeListeningOn', () => {
  const listening = someInfo({ state: 'listening', peer: null, flags: [] })
  const dual = someInfo({
    ...listening,
    family: 'IPv6',
    local: { family: 'IPv6', address: 'fd00::5357:5f02', port: 80 },
  })
  const bound = someInfo({ type: 'datagram', protocol: 'udp', state: 'bound', peer: null, flags: [] })
  const [listener] = timelineOf(handedOver()).sockets()

  test('takes a port, an address, or the name of a host', () => {
    expect(listening).toBeListeningOn(80)
    expect(listening).toBeListeningOn({ port: 80 })
    expect(listening).toBeListeningOn({ family: 'IPv4', address: '10.53.57.2', port: 80 })
    expect(dual).toBeListeningOn({ address: 'FD00:0::5357:5f02', port: 80 })
    expect(listener).toBeListeningOn({ host: 'Web', port: 80 })
    for (const wrong of [
      81,
      { port: 81 },
      { address: '10.53.57.3', port: 80 },
      { family: 'IPv6', port: 80 },
      { host: 'db', port: 80 },
    ] as const) {
      expect(listener).not.toBeListeningOn(wrong)
    }
  })

  test('holds for a bound datagram socket, not for one that is bound or connected otherwise', () => {
    expect(bound).toBeListeningOn(80)
    expect({ ...listening, state: 'bound' }).not.toBeListeningOn(80)
    expect(info).not.toBeListeningOn(80)
    expect({ ...bound, state: 'connected' }).not.toBeListeningOn(80)
    expect(someInfo({ state: 'open', local: null, peer: null })).not.toBeListeningOn(80)
  })

  test('tells where it is', () => {
    expect(messageOf(() => expect(listener).toBeListeningOn({ host: 'web', port: 443 }))).toMatchInlineSnapshot(`
      "expect(socket).toBeListeningOn(endpoint)

      Expected: the socket to be listening on host "web", port 443
      Received: listening on 10.53.57.2:80 (web)

      socket #1 web:80 listening
          +0.0 ms  master[4711] fd 10  born, IPv4 stream
          +0.1 ms  master[4711] fd 10  bind 10.53.57.2:80
          +0.2 ms  master[4711] fd 10  listen on 10.53.57.2:80
          +0.4 ms  worker[4712]  inherited by fork

      See more: \`reporters: ['default', 'vitest-environment-socket-wrapper/reporter']\` prints the hosts, processes and passes of each test."
    `)
    expect(messageOf(() => expect(info).toBeListeningOn(80))).toContain(
      'Received: connected, at 10.53.57.2:80 (host 2)',
    )
    expect(messageOf(() => expect(listener).not.toBeListeningOn(80))).toContain(
      'Expected: not the socket to be listening on port 80\nReceived: listening on 10.53.57.2:80 (web)',
    )
  })
})

describe('toBeConnectedTo', () => {
  test('takes a port, an address, or the name of a host', () => {
    const pass = passOf(handedOver())
    expect(pass).toBeConnectedTo(49152)
    expect(pass).toBeConnectedTo({ host: 'test' })
    expect(pass).toBeConnectedTo({ host: 'test', port: 49152 })
    expect(pass).toBeConnectedTo({ address: '::ffff:10.53.57.1', port: 49152 })
    for (const wrong of [80, { host: 'web' }, { address: '10.53.57.2' }]) expect(pass).not.toBeConnectedTo(wrong)
    expect(someInfo({ peer: null, state: 'bound' })).not.toBeConnectedTo(49152)
    expect(someInfo({ state: 'bound' })).not.toBeConnectedTo(49152)
  })

  test('tells its peer', () => {
    expect(messageOf(() => expect(passOf(handedOver())).toBeConnectedTo({ host: 'db', port: 5432 })))
      .toMatchInlineSnapshot(`
      "expect(socket).toBeConnectedTo(endpoint)

      Expected: the socket that was received to be connected to host "db", port 5432
      Received: connected, peer 10.53.57.1:49152 (test)

      socket #2 web:80 ← test:49152
          +0.0 ms  master[4711] fd 12  accept from fd 10, peer 10.53.57.1:49152
          +0.1 ms  master[4711] fd 12  passed → worker[4712] fd 9
          +0.4 ms  master[4711] fd 12  close of its last descriptor

      See more: \`reporters: ['default', 'vitest-environment-socket-wrapper/reporter']\` prints the hosts, processes and passes of each test."
    `)
    expect(
      messageOf(() => expect(someInfo({ peer: null, state: 'bound' })).toBeConnectedTo({ address: '::1', port: 1 })),
    ).toContain('Expected: the info to be connected to [::1]:1\nReceived: bound, without a peer')
  })
})

test('a wrong field, value or endpoint does not compile, and is refused at run time, also with not', () => {
  const fields =
    'family, type, protocol, local, peer, state, options, host, flags, pendingError, cookie, inode, version, bornPid'
  // @ts-expect-error there is no such field
  expect(() => expect(info).not.toHaveSocketInfo({ locl: { port: 80 } })).toThrow(
    `toHaveSocketInfo takes an object with some of ${fields}; got an object with the keys locl.`,
  )
  // @ts-expect-error it needs a pattern
  expect(() => expect(info).not.toHaveSocketInfo()).toThrow('got undefined')
  // @ts-expect-error there is no such type
  expect(() => expect(info).toHaveSocketInfo({ type: 'streem' })).toThrow('an info with differences')
  for (const wrong of ['80', 80.5, 65536, undefined, null, {}, { prot: 80 }]) {
    // @ts-expect-error a port is a number
    expect(() => expect(info).not.toBeConnectedTo(wrong)).toThrow(
      /^toBeConnectedTo takes a port from 0 to 65535, or an object with some of host, address, port, family; got /,
    )
    // @ts-expect-error a port is a number
    expect(() => expect(info).not.toBeListeningOn(wrong)).toThrow(/^toBeListeningOn takes a port/)
  }
})

describe('whose a socket is', () => {
  const write = eventWriter()
  const shared = (extra: readonly JournalEvent[]) => {
    const [, connection] = timelineOf([
      write({ op: 'accept', fd: 12, detail: 10, info: someInfo({ cookie: 1n, state: 'listening' }) }),
      write({ op: 'accept', fd: 13, detail: 10, info }),
      write({ op: 'fork' }),
      write({ op: 'processFork', pid: workerPid, detail: masterPid }),
      ...extra,
    ]).sockets()
    if (connection === undefined) throw new Error('there is no second socket')
    return connection
  }
  const read = (pid: number) => write({ op: 'consume', pid, fd: 13, info })

  test('toBeOwnedBy asks who has the right to take input', () => {
    const pass = passOf(handedOver())
    expect(pass).toBeOwnedBy({ pid: workerPid })
    expect(messageOf(() => expect(pass).toBeOwnedBy(masterPid))).toContain(
      'Expected: the socket that was received to be owned by master[4711]\nReceived: owned by worker[4712]',
    )
    expect(shared([])).not.toBeOwnedBy(masterPid)
    expect(shared([read(masterPid)])).toBeOwnedBy(masterPid)
  })

  test('toBeConsumedOnlyBy asks who took input', () => {
    expect(shared([read(masterPid)])).toBeConsumedOnlyBy(masterPid)
    const both = shared([read(masterPid), read(workerPid)])
    expect(messageOf(() => expect(both).toBeConsumedOnlyBy(masterPid))).toContain(
      'consumed by master[4711] and worker[4712]',
    )
  })

  test('toBeSharedBy asks who holds it, and allows that', () => {
    const both = shared([read(masterPid), read(workerPid)])
    const judge = createJudge(levels, new Map(), (pid) => pid)
    const [race] = findViolations(both).map(({ first, second }) =>
      finding({ rule: 'R9', socket: both, pid: second.pid, operations: [first, second] }),
    )
    if (race === undefined) throw new Error('there is no race')
    expect(judge.levelOf(race)).toBe('fail')
    expect(messageOf(() => expect(both).toBeSharedBy(masterPid))).toContain('held by master[4711] and worker[4712]')
    expect(judge.levelOf(race)).toBe('fail')
    expect(both).toBeSharedBy(masterPid, workerPid)
    expect(judge.levelOf(race)).toBe('off')
  })

  test('toHaveBeenReceived asks whether a pass is in flight', () => {
    expect(passOf(handedOver())).toHaveBeenReceived()
    expect(passOf(handedOver(info, null, null))).not.toHaveBeenReceived()
    expect(messageOf(() => expect(passOf(handedOver(info, null, null))).toHaveBeenReceived())).toContain(
      'Received: in flight',
    )
  })

  test('a mistake is none of these, also with `.not`', () => {
    expect(() => expect(shared([])).not.toBeOwnedBy('master' as never)).toThrow(
      'a process, as `spawn` gives it, or a pid',
    )
  })
})

// Two processes that get into each other's way on one socket: R1 to R9.
import type { SocketView } from '../journal/views.ts'
import type { RuleId } from '../rules.ts'
import type { JournalEvent, OpName } from '../wire/events.ts'
import { type Finding, finding } from './finding.ts'
import { findViolations, type Violation } from './ownership.ts'
import type { Scene } from './scene.ts'

export function findViolated(rule: RuleId, { sockets, passesOf }: Scene): Finding[] {
  return sockets.flatMap((socket) =>
    violationsOf(socket)
      .filter((violation) => violation.rule === rule)
      .map(({ first, second }) => {
        const pass = passesOf(socket).find((other) => isOf(first, other.messageId, other.position))
        return finding({ rule, socket, pass: pass ?? null, operations: [first, second], pid: second.pid })
      }),
  )
}

type Replayed = { readonly events: number; readonly violations: readonly Violation[] }

/** Five rules ask, and again and again while a test waits: a history that has not grown is not replayed. */
const replayed = new WeakMap<SocketView, Replayed>()

function violationsOf(socket: SocketView): readonly Violation[] {
  const events = socket.history.length + socket.historyLeftOut
  const known = replayed.get(socket)
  if (known?.events === events) return known.violations
  const violations = findViolations(socket)
  replayed.set(socket, { events, violations })
  return violations
}

function isOf(event: JournalEvent, messageId: bigint, position: number): boolean {
  return messageId !== 0n && event.messageId === messageId && event.position === position
}

/** Buffers do not travel with a connection. */
export function findReadAhead({ passes }: Scene): Finding[] {
  return passes.flatMap((pass) => {
    const { from, to, socket } = pass
    if (to === null || to.pid === from.pid) return []
    const sent = socket.history.findIndex(
      ({ op, pid, messageId, position }) =>
        op === 'passSend' && pid === from.pid && messageId === pass.messageId && position === pass.position,
    )
    const before = socket.history.slice(0, Math.max(0, sent)).findLast(({ pid }) => pid === from.pid)
    const send = socket.history[sent]
    if (before?.op !== 'readAhead' || send === undefined) return []
    return [finding({ rule: 'R3', socket, pass, operations: [before, send], pid: from.pid })]
  })
}

export function findDoubleAccepts({ sockets, passesOf }: Scene): Finding[] {
  return sockets.flatMap((socket) => {
    if (socket.info.type !== 'stream' || socket.info.state !== 'listening') return []
    const pass = passesOf(socket).find(({ to }) => to !== null)
    if (pass === undefined) return []
    const start = socket.history.findIndex(({ op }) => op === 'passReceive')
    const accepts = socket.history.slice(start).filter(({ op }) => op === 'consume')
    const second = accepts.find(({ pid }) => pid !== accepts[0]?.pid)
    const [first] = accepts
    if (first === undefined || second === undefined) return []
    return [finding({ rule: 'R4', socket, pass, operations: [first, second], pid: second.pid })]
  })
}

// What `detail` of a stale number says.
const closedAgain = 0
const sweptOver = 2

/** EBADF is the lucky case: a moment later the number may be another file's. */
export function findRecycled({ sockets }: Scene): Finding[] {
  return sockets.flatMap((socket) =>
    socket.history.flatMap((event, index) => {
      const { op, pid, tid, fd, detail } = event
      if (op !== 'stale' || detail === sweptOver) return []
      const next = socket.history.slice(index + 1).find((other) => other.op === 'stale' && other.tid === tid)
      const isSwept = detail === closedAgain && next?.detail === sweptOver && next.fd === fd
      const first = socket.history
        .slice(0, index)
        .findLast((other) => other.op === 'drop' && other.pid === pid && other.fd === fd)
      if (isSwept || first === undefined) return []
      return [finding({ rule: 'R5', socket, operations: [first, event], pid, fd })]
    }),
  )
}

/** O_NONBLOCK belongs to the open file, not to the descriptor: who has begun to use the socket relies on it as it was. */
export function findFlips({ sockets }: Scene): Finding[] {
  return sockets.flatMap((socket) => {
    if (socket.historyLeftOut > 0 || !socket.history.some(({ op }) => op === 'alter')) return []
    return flipsOf(socket)
  })
}

/** What may wait, or not, as O_NONBLOCK says. */
const waits: ReadonlySet<OpName> = new Set(['consume', 'arm', 'produce', 'connect'])

function flipsOf(socket: SocketView): Finding[] {
  /** Who uses it, and since when. */
  const users = new Map<number, JournalEvent>()
  const told = new Set<number>()
  return socket.history.flatMap((event) => {
    const { op, pid } = event
    const isEnd = op === 'processExit' || op === 'processStart' || (op === 'drop' && event.detail === 0)
    if (isEnd || (op === 'passSend' && event.result >= 0)) users.delete(pid)
    // Who has sent it relies on it no more; the receiver may be faster than the record of the send.
    else if (op === 'passEnvelope') users.delete(event.detail)
    else if (waits.has(op) && !users.has(pid)) users.set(pid, event)
    if (op !== 'alter' || told.has(pid)) return []
    const [first] = [...users.values()].filter((use) => use.pid !== pid)
    if (first === undefined) return []
    told.add(pid)
    return [finding({ rule: 'R6', socket, operations: [first, event], pid })]
  })
}

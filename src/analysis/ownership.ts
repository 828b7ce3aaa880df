// Whose input a connection is. The right to take it belongs to one process: who made or accepted the connection, then who received it. A fork
// leaves open which side has it, until one of them takes input; so does the end of its owner. An attempt counts, not its outcome.
import type { SocketView } from '../journal/views.ts'
import type { RuleId } from '../rules.ts'
import type { JournalEvent } from '../wire/events.ts'

export type Violation = {
  rule: Extract<RuleId, 'R1' | 'R2' | 'R7' | 'R8' | 'R9'>
  /** What gave the right to another process, or took it there. */
  first: JournalEvent
  second: JournalEvent
}

type Right =
  | { kind: 'held'; by: number; since: JournalEvent }
  /** In a message. */
  | { kind: 'flying'; sent: JournalEvent }
  /** Whoever holds the socket may take input, and has the right from then on. */
  | { kind: 'open' }

/** What is only a violation if somebody receives the message: of a lost one, the sender has the socket still. */
type Suspicion = Violation & { messageId: bigint }

/** Pid of the process that the right to take input belongs to; null while it belongs to whoever takes some first, or is in a message. */
export function ownerOf(socket: Pick<SocketView, 'history'>): number | null {
  const replay = createReplay()
  for (const event of socket.history) replay.append(event)
  return replay.owner()
}

/** Replays the history of one connection; none for listeners and datagram sockets, which processes may share. */
export function findViolations(socket: SocketView): Violation[] {
  if (socket.info.type !== 'stream' || isListener(socket) || socket.historyLeftOut > 0) return []
  const replay = createReplay()
  for (const event of socket.history) replay.append(event)
  return replay.violations
}

function isListener({ info, history }: SocketView): boolean {
  return info.state === 'listening' || history.some(({ op, result }) => op === 'listen' && result >= 0)
}

/** A call that had begun before the pass is another thread's. */
function hadBegun({ op, detail }: JournalEvent): boolean {
  return op === 'consume' && detail === 1
}

function afterPass(event: JournalEvent): 'R1' | 'R7' {
  return hadBegun(event) ? 'R7' : 'R1'
}

function createReplay() {
  let right: Right = { kind: 'open' }
  const holders = new Map<number, 'own' | 'fork' | 'pass'>()
  /** Who gave the right away, and by which event. */
  const given = new Map<number, JournalEvent>()
  /** The same, also of who has closed it since: a thread that is in a call keeps the socket. */
  const passed = new Map<number, JournalEvent>()
  const received = new Set<bigint>()
  const told = new Set<string>()
  const violations: Violation[] = []
  let suspicions: Suspicion[] = []

  function accuse(rule: Violation['rule'], first: JournalEvent, second: JournalEvent): void {
    const key = `${rule} ${second.pid}`
    if (told.has(key)) return
    told.add(key)
    violations.push({ rule, first, second })
  }

  function own(event: JournalEvent): void {
    if (event.result < 0) return
    // Several processes may hold a socket before it is connected.
    const isMine = right.kind === 'open' && holders.size < 2 && event.info?.flags.includes('shared') !== true
    if (!holders.has(event.pid)) holders.set(event.pid, 'own')
    if (isMine) right = { kind: 'held', by: event.pid, since: event }
  }

  /** A socket that a program has from its start, by vfork or posix_spawn from a parent that is not told. */
  function find(event: JournalEvent): void {
    if (event.detail !== 1) return own(event)
    if (!holders.has(event.pid)) holders.set(event.pid, 'fork')
    // Its parent has no shim, or is told already.
    if (right.kind === 'held' && right.by !== event.pid && right.since.op !== 'consume') right = { kind: 'open' }
  }

  /** From here on, and not from the first record of the child, which the parent may have overtaken. */
  function aboutToFork({ pid }: JournalEvent): void {
    if (right.kind === 'held' && right.by === pid) right = { kind: 'open' }
  }

  function forked({ pid, detail: parent }: JournalEvent): void {
    holders.set(pid, 'fork')
    const gave = given.get(parent)
    if (gave !== undefined) given.set(pid, gave)
  }

  function leave(pid: number): void {
    holders.delete(pid)
    given.delete(pid)
    if (right.kind !== 'held' || right.by !== pid) return
    right = { kind: 'open' }
    given.clear()
  }

  function send(event: JournalEvent, sender: number): void {
    const { messageId } = event
    // The record of a send may come after those of its receipt.
    if (received.has(messageId)) {
      const told = given.get(sender)
      if (told?.op === 'passEnvelope' && told.messageId === messageId) given.set(sender, event)
      return
    }
    const isOwner = right.kind === 'held' ? right.by === sender : right.kind === 'open' && !given.has(sender)
    if (!isOwner) return
    right = { kind: 'flying', sent: event }
    given.set(sender, event)
    passed.set(sender, event)
  }

  function receive(event: JournalEvent): void {
    const { pid, messageId } = event
    if (holders.get(pid) === undefined || given.has(pid)) holders.set(pid, 'pass')
    received.add(messageId)
    // Without a number the sender was not under the shim, and no record says what it had.
    const isMine =
      messageId === 0n ? right.kind !== 'held' : right.kind === 'flying' && right.sent.messageId === messageId
    if (!isMine) return
    right = { kind: 'held', by: pid, since: event }
    given.delete(pid)
    passed.delete(pid)
    for (const { rule, first, second, ...suspicion } of suspicions)
      if (suspicion.messageId === messageId) accuse(rule, first, second)
    suspicions = suspicions.filter((suspicion) => suspicion.messageId !== messageId)
  }

  function consume(event: JournalEvent): void {
    const { pid } = event
    const gave = given.get(pid) ?? (hadBegun(event) ? passed.get(pid) : undefined)
    if (right.kind === 'held') {
      if (right.by === pid) return
      const byPass = holders.get(right.by) === 'pass' || holders.get(pid) === 'pass'
      if (gave !== undefined) accuse(afterPass(event), gave, event)
      else accuse(byPass ? 'R2' : 'R9', right.since, event)
    } else if (right.kind === 'flying') {
      const { sent } = right
      suspicions.push({
        rule: gave === undefined ? 'R2' : afterPass(event),
        first: sent,
        second: event,
        messageId: sent.messageId,
      })
    } else if (gave === undefined) {
      right = { kind: 'held', by: pid, since: event }
    } else {
      accuse(afterPass(event), gave, event)
    }
  }

  function shutDown(event: JournalEvent): void {
    const { pid, detail: how } = event
    const gave = given.get(pid)
    if (event.result < 0) return
    if (right.kind === 'flying' && gave !== undefined)
      suspicions.push({ rule: 'R8', first: right.sent, second: event, messageId: right.sent.messageId })
    // One side may write and the other read: then the writer ends its own direction.
    if (right.kind === 'held' && right.by !== pid && (gave !== undefined || how === 2))
      accuse('R8', gave ?? right.since, event)
  }

  return {
    violations,
    owner: () => (right.kind === 'held' ? right.by : null),
    append(event: JournalEvent): void {
      switch (event.op) {
        case 'born':
          return find(event)
        case 'connect':
        case 'accept':
          return own(event)
        case 'processFork':
          return forked(event)
        case 'fork':
          return aboutToFork(event)
        case 'processExit':
        case 'processStart':
          return leave(event.pid)
        case 'drop':
          return event.detail === 0 ? leave(event.pid) : undefined
        case 'passSend':
          return event.result < 0 ? undefined : send(event, event.pid)
        case 'passEnvelope':
          return send(event, event.detail)
        case 'passReceive':
          return receive(event)
        case 'consume':
        case 'arm':
          return consume(event)
        case 'shutdown':
          return shutDown(event)
        default:
          return undefined
      }
    },
  }
}

import type { PassView, SocketView } from '../journal/views.ts'
import type { RuleId } from '../rules.ts'
import type { JournalEvent } from '../wire/events.ts'

/** Something that a rule forbids. */
export type Finding = {
  readonly rule: RuleId
  /** null where it is about a process. */
  readonly socket: SocketView | null
  /** The pass that it is about, where it is about one. */
  readonly pass: PassView | null
  /** The operations that conflict, or the one that has no counterpart; oldest first. */
  readonly operations: readonly JournalEvent[]
  /** The process that did, or holds, what it must not; 0 where none is to blame. */
  readonly pid: number
  /** The descriptor that it holds, or -1. */
  readonly fd: number
  /** What no operation tells; empty in most. */
  readonly note: string
}

type Parts = Partial<Finding> & Pick<Finding, 'rule' | 'socket' | 'pid'>

export function finding(parts: Parts): Finding {
  return { pass: null, operations: [], fd: -1, note: '', ...parts }
}

/** With the send and the receipts of the pass as its operations. */
export function aboutPass(rule: RuleId, pass: PassView, parts: Partial<Finding> = {}): Finding {
  const operations = pass.socket.history.filter(
    ({ op, messageId, position }) =>
      (op === 'passSend' || op === 'passReceive') && messageId === pass.messageId && position === pass.position,
  )
  return finding({ rule, socket: pass.socket, pass, operations, pid: pass.from.pid, ...parts })
}

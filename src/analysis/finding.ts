import type { PassView, SocketView } from '../journal/views.ts'
import type { RuleId } from '../rules.ts'
import type { JournalEvent } from '../wire/events.ts'

/** Something that a rule forbids. */
export type Finding = {
  readonly rule: RuleId
  readonly socket: SocketView
  /** The pass that it is about, where it is about one. */
  readonly pass: PassView | null
  /** The operations that conflict, or the one that has no counterpart; oldest first. */
  readonly operations: readonly JournalEvent[]
  /** The process that did, or holds, what it must not; 0 where none is to blame. */
  readonly pid: number
}

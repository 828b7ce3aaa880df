import type { JournalEvent } from '../wire/events.ts'
import type { SocketInfo } from '../wire/info.ts'
import type { Named } from './names.ts'

/** A descriptor of a socket in a process. */
export type Holder = { pid: number; fd: number }

/** One socket, whatever the number of its descriptors. Views are live: they change as the journal comes in. */
export type SocketView = Named & {
  /** In order of first appearance, from 1: the #7 of messages. */
  readonly number: number
  /** The newest info the journal told. */
  readonly info: SocketInfo
  /** Process that made it. */
  readonly bornBy: number
  /** What the journal says holds it; processes that were killed may still be listed. */
  readonly holders: readonly Holder[]
  /** Oldest first. Of a long history the middle is left out. */
  readonly history: readonly JournalEvent[]
  readonly historyLeftOut: number
}

/** What the story of a socket needs: also what a network's own socket objects have. */
export type SocketStory = Named & Pick<SocketView, 'number' | 'info' | 'history'> & { readonly historyLeftOut?: number }

/** One time that a passed descriptor came out of recvmsg; more than one when a message was peeked at. */
export type Receipt = {
  readonly pid: number
  readonly fd: number
  readonly atNs: bigint
  /** What the envelope said; null when the message had none, or one that was refused. */
  readonly envelope: SocketInfo | null
  /** What getsockname, getpeername and getsockopt answer in the receiver. */
  readonly info: SocketInfo | null
}

/** One descriptor in one SCM_RIGHTS message, from send to receive. Views are live: a pass in flight gets its receiver later. */
export type PassView = Named & {
  /** In order of first appearance, from 1. */
  readonly number: number
  /** 0 when the sender was not under the shim. */
  readonly messageId: bigint
  /** Index in the message, of `descriptors`. */
  readonly position: number
  readonly descriptors: number
  /** `info` is null, and `fd` -1, when the sender left no record: it was not under the shim, or was killed. `pid` 0: not known. */
  readonly from: { readonly pid: number; readonly fd: number; readonly info: SocketInfo | null }
  /** null while in flight. */
  readonly to: Holder | null
  readonly envelope: SocketInfo | null
  readonly received: SocketInfo | null
  /** CLOCK_MONOTONIC; null when the sender left no record. */
  readonly sentAtNs: bigint | null
  /** Inode of the pipe with the envelope; 0n when it went without one, or the sender left no record. */
  readonly pipe: bigint
  readonly receivedAtNs: bigint | null
  /** All receipts, peeks included; `to`, `envelope` and `received` are of the last. */
  readonly receipts: readonly Receipt[]
  readonly socket: SocketView
}

export type ProcessView = {
  readonly pid: number
  /** 0 when not known. */
  readonly parent: number
  /** Interface number; 0 when not known. */
  readonly host: number
  readonly program: string
  /** CLOCK_MONOTONIC of its first event; null when only the process table knows it. */
  readonly startedAtNs: bigint | null
  /** CLOCK_MONOTONIC; null while it lives. A killed process has one only when somebody told {@link Timeline.endProcess}. */
  readonly exitedAtNs: bigint | null
  readonly isAlive: boolean
  readonly isUnderShim: boolean
  /** The process that runs the test. */
  readonly isTest: boolean
}

/** How many things of each kind went beyond what the timeline keeps, oldest first. */
export type Forgotten = { events: number; sockets: number; passes: number }

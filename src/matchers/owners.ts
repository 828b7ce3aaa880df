// Whose a socket is: what toBeOwnedBy, toBeConsumedOnlyBy and toBeSharedBy say.
import { allowSharing } from '../analysis/allow.ts'
import { ownerOf } from '../analysis/ownership.ts'
import type { Holder } from '../journal/views.ts'
import { formatHolder } from '../report/text.ts'
import type { Verdict } from './message.ts'
import { type Subject, wrongSubject } from './subject.ts'

/** A started process, a view of one, or a pid. */
export type ProcessLike = { readonly pid: number } | number

/** @throws SocketWrapperError `MATCHER_SUBJECT` for anything else. */
export function pidOf(matcher: string, process: unknown): number {
  const pid = typeof process === 'object' && process !== null && 'pid' in process ? process.pid : process
  if (typeof pid === 'number' && Number.isInteger(pid) && pid > 0) return pid
  throw wrongSubject(matcher, 'a process, as `spawn` gives it, or a pid', process)
}

type Question = { readonly subject: Subject; readonly holders: readonly Holder[]; readonly isNot: boolean }

export function judgeOwned({ subject, holders }: Question, [pid = 0]: readonly number[]): Verdict {
  const pids = distinct(holders.map((holder) => holder.pid))
  const owner = ownerOf({ history: subject.socket?.history ?? [] }) ?? (pids.length === 1 ? (pids[0] ?? null) : null)
  return {
    pass: owner === pid,
    expected: `${subject.what} to be owned by ${label(subject, pid)}`,
    received: owner === null ? `nobody's yet; held by ${labels(subject, pids)}` : `owned by ${label(subject, owner)}`,
  }
}

export function judgeConsumed({ subject }: Question, [pid = 0]: readonly number[]): Verdict {
  const consumers = distinct(
    (subject.socket?.history ?? []).filter(({ op }) => op === 'consume').map((event) => event.pid),
  )
  return {
    pass: consumers.every((other) => other === pid),
    expected: `${subject.what} to be consumed by ${label(subject, pid)} only, since it was passed or inherited`,
    received: consumers.length === 0 ? 'consumed by nobody since' : `consumed by ${labels(subject, consumers)}`,
  }
}

/** The assertion is a declaration as well: the end of the test finds nothing wrong with that sharing. */
export function judgeShared({ subject, holders, isNot }: Question, wanted: readonly number[]): Verdict {
  const pids = distinct(holders.map((holder) => holder.pid))
  const pass = pids.length === wanted.length && wanted.every((pid) => pids.includes(pid))
  if (pass && !isNot && subject.socket !== null) allowSharing(subject.socket.history, wanted)
  return {
    pass,
    expected: `${subject.what} to be shared by ${labels(subject, wanted)}`,
    received: pids.length === 0 ? 'held by nobody' : `held by ${labels(subject, pids)}`,
  }
}

function distinct(pids: readonly number[]): number[] {
  return [...new Set(pids)]
}

function label({ names }: Subject, pid: number): string {
  return formatHolder({ pid, fd: -1 }, names)
}

function labels(subject: Subject, pids: readonly number[]): string {
  return pids.map((pid) => label(subject, pid)).join(' and ')
}

// What happened to one socket, a line for each step.
import { getSystemErrorName } from 'node:util'
import type { Names } from '../journal/names.ts'
import type { SocketStory } from '../journal/views.ts'
import type { JournalEvent, OpName } from '../wire/events.ts'
import { formatAddress, formatHolder, namesOf } from './text.ts'

export type Step = { event: JournalEvent; text: string }

const shutdownHows = ['reading', 'writing', 'both ways']

/** What each operation says after the time and its holder; no entry: not a step of its own. */
const steps: Partial<Record<OpName, (event: JournalEvent, names: Names) => string>> = {
  born: ({ info, detail }) =>
    `born${info === null ? '' : `, ${info.family} ${info.type}`}${detail === 1 ? ', found again in the kernel' : ''}`,
  bind: ({ info }) => `bind ${formatAddress(info?.local ?? null)}`,
  listen: ({ info }) => `listen on ${formatAddress(info?.local ?? null)}`,
  connect: ({ info }) => `connect to ${formatAddress(info?.peer ?? null)}`,
  disconnect: () => 'disconnect',
  accept: ({ info, detail }) => `accept from fd ${detail}, peer ${formatAddress(info?.peer ?? null)}`,
  copy: ({ detail }) => `copy of fd ${detail}`,
  drop: ({ detail }) => (detail === 0 ? 'close of its last descriptor' : `close, ${detail} left`),
  shutdown: ({ detail }) => `shutdown of ${shutdownHows[detail] ?? detail}`,
  processFork: () => 'inherited by fork',
  processExit: () => 'exit',
  processStart: ({ text }) => `exec of ${text}`,
  consume: ({ info }) => (info?.state === 'listening' ? 'accepts' : 'takes input'),
  arm: () => 'waits for input',
  produce: () => 'gives output',
  alter: ({ detail }) => `O_NONBLOCK ${detail === 1 ? 'on' : 'off'}`,
  readAhead: () => 'has taken input before the pass',
  passPeek: () => 'received by a peek',
  stale: ({ detail }) =>
    detail === 1 ? 'sends the number' : detail === 0 ? 'closes the number again' : 'closes all numbers',
  nameLost: ({ text }) => `its name ${text} is gone`,
}

/** At most `limit` lines, oldest first; the middle of a long history becomes one line. */
export function formatHistory(view: SocketStory, limit = 10, names: Names = namesOf(view)): string[] {
  const startNs = view.history[0]?.timeNs ?? 0n
  const lines = stepsOf(view, names).map(({ event, text }) => {
    const failure = event.result < 0 ? `: ${errorName(event.result)}` : ''
    return `${formatTime(event.timeNs - startNs)}  ${formatHolder(event, names)}  ${text}${failure}`
  })
  const leftOut = view.historyLeftOut ?? 0
  if (lines.length <= limit && leftOut === 0) return lines
  const head = Math.floor((limit - 1) / 2)
  const tail = limit - 1 - head
  const kept =
    lines.length < limit
      ? { head: lines.slice(0, head), tail: lines.slice(head) }
      : { head: lines.slice(0, head), tail: lines.slice(-tail) }
  const left = lines.length - kept.head.length - kept.tail.length + leftOut
  return [...kept.head, `… ${left} more …`, ...kept.tail]
}

/** What happened, without what only completes another step. */
export function stepsOf({ history }: SocketStory, names: Names): Step[] {
  return history.flatMap((event, index) => stepOf(history, event, index, names))
}

function stepOf(history: readonly JournalEvent[], event: JournalEvent, index: number, names: Names): Step[] {
  if (event.op === 'passSend') return [{ event, text: `passed → ${receiversOf(history, event, names)}` }]
  if (event.op === 'passReceive') {
    const isTold = history.some(
      (other) => other.op === 'passSend' && other.result >= 0 && isSameDescriptor(other, event),
    )
    return isTold ? [] : [{ event, text: 'received, nobody said from whom' }]
  }
  const text = steps[event.op]
  // The first record of a socket also tells its birth.
  return text === undefined || (event.op === 'born' && index > 0 && event.detail === 0)
    ? []
    : [{ event, text: text(event, names) }]
}

function receiversOf(history: readonly JournalEvent[], sent: JournalEvent, names: Names): string {
  if (sent.result < 0) return 'nobody'
  const receipts = history.filter((event) => event.op === 'passReceive' && isSameDescriptor(event, sent))
  if (receipts.length === 0) return 'in flight'
  return receipts.map((event) => formatHolder(event, names)).join(', then ')
}

function isSameDescriptor(one: JournalEvent, other: JournalEvent): boolean {
  return one.messageId === other.messageId && one.position === other.position
}

function formatTime(ns: bigint): string {
  return `+${(Number(ns) / 1e6).toFixed(1)} ms`.padStart(11)
}

/** `ECONNREFUSED` for -111. */
export function errorName(result: number): string {
  try {
    return getSystemErrorName(result)
  } catch {
    return `error ${-result}`
  }
}

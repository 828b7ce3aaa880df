// What all rules look at: a timeline as it is at one moment.
import type { Timeline } from '../journal/timeline.ts'
import type { PassView, ProcessView, SocketView } from '../journal/views.ts'
import type { JournalEvent, OpName } from '../wire/events.ts'
import type { Checkpoint } from './growth.ts'
import type { Kernel } from '../process/kernel.ts'

export type Scene = {
  readonly sockets: readonly SocketView[]
  readonly passes: readonly PassView[]
  passesOf(socket: SocketView): readonly PassView[]
  readonly processes: readonly ProcessView[]
  readonly checkpoints: readonly Checkpoint[]
  /** Pids of the process that runs the test: it ends its own sockets with the test, after the verdict. */
  readonly tests: ReadonlySet<number>
  /** null: the journal is believed. */
  readonly kernel: Kernel | null
}

export type Evidence = {
  readonly timeline: Timeline
  /** null: the journal is believed. */
  readonly kernel?: Kernel | null
  readonly checkpoints?: readonly Checkpoint[]
}

export function createScene({ timeline, kernel = null, checkpoints = [] }: Evidence): Scene {
  const processes = timeline.processes()
  const passes = timeline.passes()
  const bySocket = new Map<SocketView, PassView[]>()
  for (const pass of passes) {
    const known = bySocket.get(pass.socket)
    if (known === undefined) bySocket.set(pass.socket, [pass])
    else known.push(pass)
  }
  return {
    sockets: timeline.sockets(),
    passes,
    passesOf: (socket) => bySocket.get(socket) ?? [],
    processes,
    checkpoints,
    tests: new Set(processes.flatMap(({ pid, isTest }) => (isTest ? [pid] : []))),
    kernel,
  }
}

const uses: ReadonlySet<OpName> = new Set([
  ...(['consume', 'arm', 'produce', 'bind', 'listen', 'connect', 'disconnect', 'shutdown'] as const),
  'passSend',
])

/** Whether a record says that its process does something with the socket, beyond having it. */
export function isUse({ op }: JournalEvent): boolean {
  return uses.has(op)
}

export function holds(socket: SocketView, pid: number, fd?: number): boolean {
  return socket.holders.some((holder) => holder.pid === pid && (fd === undefined || holder.fd === fd))
}

/** The process and everything that was forked from it, as far as the socket's history knows. */
export function familyIn(history: readonly JournalEvent[], pid: number): ReadonlySet<number> {
  const family = new Set([pid])
  for (const { op, pid: child, detail: parent } of history)
    if ((op === 'processFork' || op === 'processStart') && family.has(parent)) family.add(child)
  return family
}

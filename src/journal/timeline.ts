import type { ProcessRow } from '../wire/arena.ts'
import type { JournalEvent } from '../wire/events.ts'
import { createBounded } from './bounded.ts'
import { type Names, plainNames } from './names.ts'
import { createPassBook } from './passes.ts'
import { createProcessBook } from './processes.ts'
import { createSocketBook } from './sockets.ts'
import type { Forgotten, PassView, ProcessView, SocketView } from './views.ts'

export type { Forgotten, PassView, ProcessView, SocketView } from './views.ts'

/** The journal of one network as sockets, passes and processes. Append-only; what it gives out is live. */
export type Timeline = {
  /** Events in the order of the journal. */
  append(events: readonly JournalEvent[]): void
  /** The rows of the process table: hosts, and processes that are not under the shim. */
  addProcesses(rows: readonly ProcessRow[]): void
  /** For whoever saw a process end that could not say so itself. */
  endProcess(pid: number, atNs: bigint): void
  /** The newest events, oldest first. */
  readonly events: readonly JournalEvent[]
  sockets(): readonly SocketView[]
  passes(): readonly PassView[]
  processes(): readonly ProcessView[]
  /** Calls `listener` once after each change; the returned function stops that. */
  onChange(listener: () => void): () => void
  readonly names: Names
  /** What was too much to keep; all zero in a normal test. */
  readonly forgotten: Forgotten
}

export type TimelineSettings = {
  /** What messages about the views call hosts and processes; undefined: `host 3`, and the process's program. */
  names?: { host?: (number: number) => string | undefined; process?: (pid: number) => string | undefined }
  limits?: { events?: number; sockets?: number; passes?: number }
}

// An event with its info takes about 0.7 KB of heap, a socket or a pass with it less (measured on Node 20): a full timeline stays below 150 MB.
const standardLimits = { events: 1 << 17, sockets: 1 << 15, passes: 1 << 15 }

export function createTimeline(settings: TimelineSettings = {}): Timeline {
  const limits = { ...standardLimits, ...settings.limits }
  const processes = createProcessBook()
  const names: Names = {
    host: (number) => settings.names?.host?.(number) ?? plainNames.host(number),
    process: (pid) => settings.names?.process?.(pid) ?? (processes.find(pid)?.program || plainNames.process(pid)),
  }
  const events = createBounded<JournalEvent>(limits.events)
  const sockets = createSocketBook(limits.sockets, names)
  const passes = createPassBook(limits.passes, names)
  const listeners = new Set<() => void>()

  function changed(): void {
    for (const listener of [...listeners]) listener()
  }

  function end(pid: number, atNs: bigint): boolean {
    if (!processes.end(pid, atNs)) return false
    sockets.endProcess(pid, atNs)
    passes.endProcess(pid)
    return true
  }

  function appendOne(event: JournalEvent): void {
    events.push(event)
    if (event.op === 'wait') end(event.detail, event.timeNs)
    processes.append(event)
    const socket = sockets.append(event)
    if (socket !== undefined) passes.append(event, socket)
    if (event.op === 'processExit') passes.endProcess(event.pid)
  }

  return {
    append(batch) {
      if (batch.length === 0) return
      for (const event of batch) appendOne(event)
      changed()
    },
    addProcesses(rows) {
      if (processes.addRows(rows)) changed()
    },
    endProcess(pid, atNs) {
      if (end(pid, atNs)) changed()
    },
    names,
    events: events.items,
    sockets: () => sockets.items,
    passes: () => passes.items,
    processes: () => processes.items,
    onChange(listener) {
      // A listener of its own for each call: the same function may be given twice.
      const own = (): void => listener()
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    get forgotten() {
      return { events: events.forgotten, sockets: sockets.forgotten, passes: passes.forgotten }
    },
  }
}

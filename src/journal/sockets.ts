import type { JournalEvent, OpName } from '../wire/events.ts'
import { createBounded } from './bounded.ts'
import { type Names, withNames } from './names.ts'
import type { Holder, SocketView } from './views.ts'

// Enough for a message and for the analysis of one socket; a listener that is copied for each request would grow without end.
const keptFirst = 32
const keptLast = 224

type Socket = Omit<{ -readonly [Key in keyof SocketView]: SocketView[Key] }, 'history' | 'holders'> & {
  holders: Holder[]
  history: JournalEvent[]
}

export type SocketBook = {
  /** Books the event; the socket it is about, if any. */
  append(event: JournalEvent): SocketView | undefined
  /** A process that could not say itself that it ends. */
  endProcess(pid: number, atNs: bigint): void
  readonly items: readonly SocketView[]
  readonly forgotten: number
}

const opens: ReadonlySet<OpName> = new Set([
  'born',
  'bind',
  'listen',
  'connect',
  'accept',
  'copy',
  'passReceive',
  'passPeek',
])

/** Sockets by cookie, each with the descriptors that the journal says are open. */
export function createSocketBook(limit: number, names: Names): SocketBook {
  const byCookie = new Map<bigint, Socket>()
  const byProcess = new Map<number, Map<number, Socket>>()
  /** What a process held when it forked last: when its child tells of itself, the parent may have closed some of it. */
  const atFork = new Map<number, ReadonlyMap<number, Socket>>()
  let count = 0
  const sockets = createBounded<Socket>(limit, (socket) => byCookie.delete(socket.info.cookie))

  function find(event: JournalEvent): Socket | undefined {
    const { info } = event
    if (event.op === 'stale') return byCookie.get(/^\d+$/.test(event.text) ? BigInt(event.text) : 0n)
    // Without a cookie the kernel gave no identity: the number in its process is the best that is left.
    if (info === null || info.cookie === 0n) {
      const held = event.fd < 0 ? undefined : byProcess.get(event.pid)?.get(event.fd)
      if (info === null || held !== undefined) return held
    }
    const known = info.cookie === 0n ? undefined : byCookie.get(info.cookie)
    if (known !== undefined) return known
    const socket: Socket = withNames(
      {
        number: ++count,
        info,
        bornBy: info.bornPid === 0 ? event.pid : info.bornPid,
        holders: [],
        history: [],
        historyLeftOut: 0,
      },
      names,
    )
    if (info.cookie !== 0n) byCookie.set(info.cookie, socket)
    sockets.push(socket)
    return socket
  }

  function hold(pid: number, fd: number, socket: Socket): void {
    let descriptors = byProcess.get(pid)
    if (descriptors === undefined) byProcess.set(pid, (descriptors = new Map<number, Socket>()))
    const before = descriptors.get(fd)
    if (before === socket) return
    if (before !== undefined) release(pid, fd)
    descriptors.set(fd, socket)
    socket.holders.push({ pid, fd })
  }

  function release(pid: number, fd: number): void {
    const socket = byProcess.get(pid)?.get(fd)
    if (socket === undefined) return
    byProcess.get(pid)?.delete(fd)
    socket.holders = socket.holders.filter((holder) => holder.pid !== pid || holder.fd !== fd)
  }

  /** The end of a process, or of its program, is part of the history of what it held; and so is its beginning by a fork. */
  function releaseAll(event: JournalEvent): void {
    const { pid } = event
    const held = byProcess.get(pid)
    if (held === undefined) return
    for (const socket of new Set(held.values())) remember(socket, event)
    for (const fd of [...held.keys()]) release(pid, fd)
    byProcess.delete(pid)
  }

  function inherit(event: JournalEvent): void {
    const { pid: child, detail: parent } = event
    releaseAll({ ...event, op: 'processExit' })
    atFork.delete(child)
    const held = atFork.get(parent)
    if (held === undefined) return
    for (const socket of new Set(held.values())) remember(socket, event)
    for (const [fd, socket] of held) hold(child, fd, socket)
  }

  function aboutToFork(event: JournalEvent): void {
    const held = new Map(byProcess.get(event.pid))
    atFork.set(event.pid, held)
    for (const socket of new Set(held.values())) remember(socket, event)
  }

  function drop(event: JournalEvent, socket: Socket): void {
    release(event.pid, event.fd)
    // The process's last descriptor is gone, whichever numbers it had.
    if (event.detail > 0) return
    for (const { pid, fd } of socket.holders) if (pid === event.pid) release(pid, fd)
  }

  return {
    append(event) {
      // After exec only descriptors without FD_CLOEXEC are left; the new program announces those.
      if (event.op === 'processExit' || event.op === 'processStart') return void releaseAll(event)
      if (event.op === 'fork') return void aboutToFork(event)
      if (event.op === 'processFork') return void inherit(event)
      const socket = find(event)
      if (socket === undefined) return undefined
      const { info } = event
      // Records of several processes: the version says which info is the newer one.
      if (info !== null && info.version >= socket.info.version) socket.info = info
      remember(socket, event)
      if (event.op === 'drop') drop(event, socket)
      else if (event.fd >= 0 && event.result >= 0 && opens.has(event.op)) hold(event.pid, event.fd, socket)
      return socket
    },
    endProcess: (pid, timeNs) => releaseAll(exitOf(pid, timeNs)),
    items: sockets.items,
    get forgotten() {
      return sockets.forgotten
    },
  }
}

/** The record that a killed process owes. */
function exitOf(pid: number, timeNs: bigint): JournalEvent {
  return {
    sequence: 0n,
    timeNs,
    op: 'processExit',
    pid,
    tid: pid,
    fd: -1,
    result: 0,
    detail: 0,
    position: 0,
    messageId: 0n,
    info: null,
    text: '',
  }
}

function remember(socket: Socket, event: JournalEvent): void {
  socket.history.push(event)
  if (socket.history.length <= keptFirst + keptLast) return
  const left = keptLast >> 2
  socket.history.splice(keptFirst, left)
  socket.historyLeftOut += left
}

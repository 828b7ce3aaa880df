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
  readonly items: readonly SocketView[]
  readonly forgotten: number
}

const opens: ReadonlySet<OpName> = new Set(['born', 'bind', 'listen', 'connect', 'accept', 'copy', 'passReceive'])

/** Sockets by cookie, each with the descriptors that the journal says are open. */
export function createSocketBook(limit: number, names: Names): SocketBook {
  const byCookie = new Map<bigint, Socket>()
  const byProcess = new Map<number, Map<number, Socket>>()
  let count = 0
  const sockets = createBounded<Socket>(limit, (socket) => byCookie.delete(socket.info.cookie))

  function find(event: JournalEvent): Socket | undefined {
    const { info } = event
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

  function releaseAll(pid: number): void {
    for (const fd of [...(byProcess.get(pid)?.keys() ?? [])]) release(pid, fd)
    byProcess.delete(pid)
  }

  function inherit(child: number, parent: number): void {
    releaseAll(child)
    for (const [fd, socket] of byProcess.get(parent) ?? []) hold(child, fd, socket)
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
      if (event.op === 'processExit' || event.op === 'processStart') return void releaseAll(event.pid)
      if (event.op === 'processFork') return void inherit(event.pid, event.detail)
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
    items: sockets.items,
    get forgotten() {
      return sockets.forgotten
    },
  }
}

function remember(socket: Socket, event: JournalEvent): void {
  socket.history.push(event)
  if (socket.history.length <= keptFirst + keptLast) return
  const left = keptLast >> 2
  socket.history.splice(keptFirst, left)
  socket.historyLeftOut += left
}

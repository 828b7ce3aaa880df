// References that nobody needs any more: L1 to L10. Whether one may still go away is for the caller to wait for.
import type { PassView, SocketView } from '../journal/views.ts'
import type { JournalEvent } from '../wire/events.ts'
import { aboutPass, type Finding, finding } from './finding.ts'
import { familyIn, holds, isUse, type Scene } from './scene.ts'

export function findLost(scene: Scene): Finding[] {
  return unreceived(scene.passes, false)
    .filter(({ socket }) => !isHeldUnseen(socket, scene))
    .map((pass) => aboutPass('L1', pass))
}

/** By a process without the shim, which leaves no record of what it receives. */
function isHeldUnseen(socket: SocketView, { processes, kernel }: Scene): boolean {
  return processes.some(
    ({ pid, isTest }) =>
      !isTest && !holds(socket, pid) && (kernel?.descriptorsOf(pid, socket.info.inode) ?? []).length > 0,
  )
}

export function findTruncated({ passes }: Scene): Finding[] {
  return unreceived(passes, true).map((pass) => aboutPass('L3', pass))
}

/** Sent and not received; `withSiblings`: other descriptors of its message were. */
function unreceived(passes: readonly PassView[], withSiblings: boolean): PassView[] {
  const arrived = new Set(passes.flatMap(({ to, messageId }) => (to === null ? [] : [messageId])))
  return passes.filter(
    ({ to, sentAtNs, messageId }) => to === null && sentAtNs !== null && arrived.has(messageId) === withSiblings,
  )
}

/** Each descriptor counts: one that is received twice and used once leaks once. */
export function findUnused({ passes, tests }: Scene): Finding[] {
  return passes.flatMap((pass) => {
    const { to, socket } = pass
    if (to === null || tests.has(to.pid) || !holds(socket, to.pid, to.fd) || socket.historyLeftOut > 0) return []
    const start = socket.history.findIndex((event) => isReceiptOf(event, pass))
    if (start < 0) return []
    const since = socket.history.slice(start + 1)
    // Another program has it by now, which L6 and L7 ask for.
    if (since.some(({ op, pid }) => op === 'processStart' && pid === to.pid)) return []
    const family = familyIn(since, to.pid)
    const isUsed = since.some((event) => isUse(event) && family.has(event.pid) && event.fd === to.fd)
    return isUsed ? [] : [aboutPass('L2', pass, { pid: to.pid, fd: to.fd })]
  })
}

function isReceiptOf({ op, messageId, position, pid, fd }: JournalEvent, pass: PassView): boolean {
  if (op !== 'passReceive' || pid !== pass.to?.pid || fd !== pass.to.fd) return false
  return messageId === pass.messageId && position === pass.position
}

export function findRetained({ passes, passesOf, tests }: Scene): Finding[] {
  return passes.flatMap((pass) => {
    const { from, to, socket } = pass
    if (to === null || from.pid === 0 || from.pid === to.pid || tests.has(from.pid)) return []
    if (socket.info.type !== 'stream' || socket.info.state !== 'connected') return []
    // It may have got it back, or have been given it by fork again: then it holds it by right.
    if (!holds(socket, from.pid) || passesOf(socket).some((other) => other.to?.pid === from.pid)) return []
    return [aboutPass('L4', pass)]
  })
}

/** A peek gives a descriptor, and the receipt of the same message another one. */
export function findPeeked({ sockets, passesOf, tests }: Scene): Finding[] {
  return sockets.flatMap((socket) =>
    socket.history.flatMap((peek, index) => {
      const { op, pid, fd, messageId, position } = peek
      if (op !== 'passPeek' || tests.has(pid) || !holds(socket, pid, fd)) return []
      const since = socket.history.slice(index + 1)
      const receipt = since.find(
        (event) => event.op === 'passReceive' && event.messageId === messageId && event.position === position,
      )
      // Its number may have been closed and used again, or be the one that the program goes on with.
      const isOther = since.some(
        (event) => event.pid === pid && event.fd === fd && (isUse(event) || event.op === 'drop'),
      )
      if (receipt === undefined || isOther) return []
      const pass =
        passesOf(socket).find((other) => other.messageId === messageId && other.position === position) ?? null
      return [finding({ rule: 'L5', socket, pass, operations: [peek, receipt], pid, fd })]
    }),
  )
}

/** Standard input, output and error are given on purpose. */
const lastStandard = 2

/** L7 where the descriptor had been received without close-on-exec, else L6. */
export function findInherited(rule: 'L6' | 'L7', { sockets, tests }: Scene): Finding[] {
  return sockets.flatMap((socket) => {
    if (socket.historyLeftOut > 0) return []
    return socket.history.flatMap((found, index) => {
      const { op, pid, fd, detail } = found
      if (op !== 'born' || detail !== 1 || fd <= lastStandard || tests.has(pid) || !holds(socket, pid, fd)) return []
      const since = socket.history.slice(index + 1)
      // Of a message, and not of an exec; or the descriptor is another one by now.
      if (
        since.some(
          (event) => event.pid === pid && event.fd === fd && (event.op === 'passReceive' || event.op === 'drop'),
        )
      )
        return []
      const family = familyIn(since, pid)
      if (since.some((event) => isUse(event) && family.has(event.pid))) return []
      const receipt = socket.history
        .slice(0, index)
        .findLast((event) => event.op === 'passReceive' && event.fd === fd && event.result === 0)
      if ((receipt !== undefined) !== (rule === 'L7')) return []
      return [finding({ rule, socket, operations: receipt === undefined ? [found] : [receipt, found], pid, fd })]
    })
  })
}

/** The kernel keeps a registration for as long as anybody has the socket open, and it can't be taken back without the number. */
export function findGhosts({ sockets, kernel, tests }: Scene): Finding[] {
  if (kernel === null) return []
  return sockets.flatMap((socket) => {
    if (socket.holders.length === 0) return []
    const closed = new Map(
      socket.history
        .filter(({ op, pid, fd }) => op === 'drop' && !tests.has(pid) && !holds(socket, pid, fd))
        .map((event) => [`${event.pid} ${event.fd}`, event]),
    )
    return [...closed.values()].flatMap((drop) => {
      const { pid, fd } = drop
      if (!kernel.isAlive(pid)) return []
      const ghost = kernel.registrationsOf(pid).find((other) => other.fd === fd && other.inode === socket.info.inode)
      if (ghost === undefined) return []
      return [finding({ rule: 'L8', socket, operations: [drop], pid, fd, note: `epoll descriptor ${ghost.epoll}` })]
    })
  })
}

/** A process that was killed could not remove its names. */
export function findDeadNames({ sockets, kernel }: Scene): Finding[] {
  if (kernel === null || !sockets.some(isGone)) return []
  return kernel.deadNames().flatMap(({ path, protocol, host, port }) => {
    const socket = sockets.findLast(
      (other) =>
        isGone(other) &&
        other.info.protocol === protocol &&
        other.info.host === host &&
        other.info.local?.port === port,
    )
    return socket === undefined ? [] : [finding({ rule: 'L9', socket, pid: socket.bornBy, note: path })]
  })
}

function isGone({ holders, info }: SocketView): boolean {
  return holders.length === 0 && info.local !== null && !info.flags.includes('accepted')
}

/** Who is not under the shim does not take the envelope off the descriptors that it receives. */
export function findEnvelopes({ passes, kernel }: Scene): Finding[] {
  if (kernel === null) return []
  return passes.flatMap((pass) => {
    if (pass.to !== null || pass.pipe === 0n) return []
    return kernel
      .holdersOfPipe(pass.pipe)
      .filter((pid) => pid !== pass.from.pid)
      .map((pid) => aboutPass('L10', pass, { pid }))
  })
}

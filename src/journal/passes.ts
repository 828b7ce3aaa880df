import type { JournalEvent } from '../wire/events.ts'
import { createBounded } from './bounded.ts'
import { type Names, withNames } from './names.ts'
import type { PassView, Receipt, SocketView } from './views.ts'

type Writable<View> = { -readonly [Key in keyof View]: View[Key] }
type Pass = Omit<Writable<PassView>, 'receipts'> & {
  receipts: Writable<Receipt>[]
  isSent: boolean
  key: string
  cookie: bigint
}

export type PassBook = {
  append(event: JournalEvent, socket: SocketView): void
  /** The process will write no more: what it sent without a record is shown as it is. */
  endProcess(pid: number): void
  readonly items: readonly PassView[]
  readonly forgotten: number
}

/** Joins what the sender and the receivers wrote about one descriptor of one message, in whichever order it comes. */
export function createPassBook(limit: number, names: Names): PassBook {
  const byKey = new Map<string, Pass>()
  /** Sent and not received yet, oldest first. */
  const inFlight = new Map<bigint, Pass[]>()
  /** Received before the sender wrote its record: it does that after sendmsg has returned. */
  const unsent = new Set<Pass>()
  /** Received without the envelope, and with no send that they could be of. */
  const nameless = new Map<bigint, Pass[]>()
  let count = 0
  const passes = createBounded<Pass>(limit, (pass) => {
    byKey.delete(pass.key)
    takeOut(inFlight, pass)
    takeOut(nameless, pass)
  })

  function create(event: JournalEvent, socket: SocketView): Pass {
    const pass: Pass = withNames(
      {
        number: 0,
        messageId: event.messageId,
        position: event.position,
        descriptors: 0,
        from: { pid: 0, fd: -1, info: null },
        to: null,
        envelope: null,
        received: null,
        sentAtNs: null,
        pipe: 0n,
        receivedAtNs: null,
        receipts: [],
        socket,
        isSent: false,
        key: `${event.messageId}:${event.position}`,
        cookie: socket.info.cookie,
      },
      names,
    )
    if (event.messageId !== 0n) byKey.set(pass.key, pass)
    return pass
  }

  function show(pass: Pass): void {
    unsent.delete(pass)
    if (pass.number !== 0) return
    pass.number = ++count
    passes.push(pass)
  }

  function find(event: JournalEvent): Pass | undefined {
    return event.messageId === 0n ? undefined : byKey.get(`${event.messageId}:${event.position}`)
  }

  /** A receipt without the envelope, which came between what the sender wrote of the socket before and this. */
  function claim({ pid, messageId, position, sequence }: JournalEvent, socket: SocketView): Pass | undefined {
    const before = socket.history.findLast((other) => other.pid === pid && other.sequence !== sequence)
    const pass = nameless
      .get(socket.info.cookie)
      ?.find(
        ({ to, receivedAtNs, ...other }) =>
          to !== null && to.pid !== pid && other.position === position && (receivedAtNs ?? 0n) > (before?.timeNs ?? 0n),
      )
    if (pass === undefined) return undefined
    takeOut(nameless, pass)
    Object.assign(pass, { messageId, key: `${messageId}:${position}` })
    byKey.set(pass.key, pass)
    return pass
  }

  function send(event: JournalEvent, socket: SocketView): void {
    const pass = find(event) ?? claim(event, socket) ?? create(event, socket)
    pass.isSent = true
    pass.descriptors = event.detail
    pass.from = { pid: event.pid, fd: event.fd, info: event.info }
    pass.sentAtNs = event.timeNs
    pass.pipe = /^\d+$/.test(event.text) ? BigInt(event.text) : 0n
    // The sender knows best which socket it is: a receiver that took it for another is what recreation.ts looks for.
    pass.socket = socket
    pass.cookie = socket.info.cookie
    if (pass.to === null) putIn(inFlight, pass)
    show(pass)
  }

  function receive(event: JournalEvent, socket: SocketView): void {
    const known = find(event) ?? (event.messageId === 0n ? inFlight.get(socket.info.cookie)?.[0] : undefined)
    const pass = known ?? create(event, socket)
    let receipt = pass.receipts.find((other) => other.pid === event.pid && other.fd === event.fd && other.info === null)
    if (receipt === undefined) {
      receipt = { pid: event.pid, fd: event.fd, atNs: event.timeNs, envelope: null, info: null }
      pass.receipts.push(receipt)
    }
    if (event.op === 'passEnvelope') {
      receipt.envelope = event.info
      if (!pass.isSent) pass.from = { pid: event.detail, fd: -1, info: null }
    } else {
      receipt.info = event.info
      receipt.atNs = event.timeNs
      pass.to = { pid: event.pid, fd: event.fd }
      pass.envelope = receipt.envelope
      pass.received = event.info
      pass.receivedAtNs = event.timeNs
      takeOut(inFlight, pass)
    }
    // Without a message id the sender was not under the shim, or the envelope was lost.
    if (event.messageId === 0n && known === undefined) putIn(nameless, pass)
    if (event.messageId === 0n) show(pass)
    else if (!pass.isSent) unsent.add(pass)
  }

  return {
    append(event, socket) {
      if (event.op === 'passSend' && event.result >= 0) send(event, socket)
      else if ((event.op === 'passEnvelope' || event.op === 'passReceive') && event.result >= 0) receive(event, socket)
    },
    endProcess(pid) {
      for (const pass of [...unsent]) if (pass.from.pid === pid) show(pass)
    },
    items: passes.items,
    get forgotten() {
      return passes.forgotten
    },
  }
}

function putIn(passes: Map<bigint, Pass[]>, pass: Pass): void {
  passes.set(pass.cookie, [...(passes.get(pass.cookie) ?? []), pass])
}

function takeOut(passes: Map<bigint, Pass[]>, pass: Pass): void {
  const left = passes.get(pass.cookie)?.filter((other) => other !== pass)
  if (left?.length === 0) passes.delete(pass.cookie)
  else if (left !== undefined) passes.set(pass.cookie, left)
}

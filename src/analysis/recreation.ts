// Whether a received socket is what the sender held: field by field, in the envelope, in the receiver and in the kernel.
import type { PassView, Receipt } from '../journal/views.ts'
import { type OptionName, optionTable } from '../wire/layout.gen.ts'
import type { FlagName, SocketAddress, SocketInfo } from '../wire/info.ts'

export type FieldValue = SocketAddress | bigint | number | string | null | readonly FlagName[]

/** One field that is not what the sender held at the send. */
export type Difference = {
  /** `peer`, `options.noDelay`, ... */
  field: string
  /** Where it differs: in the envelope, or in what the receiver's calls answer. */
  where: 'envelope' | 'receiver'
  sent: FieldValue
  found: FieldValue
}

export type Recreation =
  | { kind: 'equal' }
  | { kind: 'differs'; differences: readonly Difference[] }
  /** Nothing can be said. */
  | { kind: 'unknown'; reason: string }

type Field = { name: string; of: (info: SocketInfo) => FieldValue }

const standardOf = new Map<OptionName, number>(optionTable.map(({ name, standard }) => [name, standard]))

// Facts that a program can ask for. Of the other flags, `shared` is set by the pass itself, and `named`, `aliasV4`, `aliasLoopback` and
// `loopbackName` say which process tidies up names, not what a socket is.
const comparedFlags: ReadonlySet<FlagName> = new Set(['anyBound', 'dualStack', 'autobound', 'accepted'])

// Not compared: `version` counts changes, and to mark a socket as shared is one: an older info is found by its fields. `pendingError` is for
// whoever asks first, so it does not travel. `bornPid` is for messages only.
const plainFields: Field[] = [
  { name: 'family', of: (info) => info.family },
  { name: 'type', of: (info) => info.type },
  { name: 'protocol', of: (info) => info.protocol },
  { name: 'local', of: (info) => info.local },
  { name: 'peer', of: (info) => info.peer },
  { name: 'state', of: (info) => info.state },
  { name: 'host', of: (info) => info.host },
  { name: 'flags', of: (info) => info.flags.filter((flag) => comparedFlags.has(flag)) },
]

// An option that was never set and one that was set to its standard value answer the same.
const optionFields: Field[] = optionTable.map(({ name }) => ({
  name: `options.${name}`,
  of: (info) => info.options[name] ?? standardOf.get(name) ?? 0,
}))

// What the kernel says of the descriptor: sender and receiver ask it, each for its own. 0 means that nobody did.
const identityFields: Field[] = [
  { name: 'cookie', of: (info) => info.cookie },
  { name: 'inode', of: (info) => info.inode },
]

/**
 * Compares the sender's info at the send with the envelope, and with what getsockname, getpeername, getsockopt and the kernel's SO_COOKIE
 * answer in each receiver.
 */
export function compareRecreation(pass: PassView): Recreation {
  const receipts = pass.receipts.filter((receipt) => receipt.info !== null || receipt.envelope !== null)
  if (pass.to === null) return { kind: 'unknown', reason: 'it is still in flight' }
  const sent = pass.from.info ?? knownBefore(pass)
  if (sent === null) return { kind: 'unknown', reason: 'the sender left no record of it' }
  const differences: Difference[] = []
  for (const receipt of receipts) {
    if (receipt.envelope !== null) differences.push(...compare('envelope', sent, receipt.envelope, optionFields))
    if (receipt.info === null) continue
    const { truth, options } = truthAt(pass, receipt, receipt.info, sent)
    differences.push(...compare('receiver', truth, receipt.info, options))
  }
  return differences.length === 0 ? { kind: 'equal' } : { kind: 'differs', differences: unique(differences) }
}

/** The fields that differ, each once, in the order of the comparison. */
export function differingFields(recreation: Recreation): string[] {
  return recreation.kind === 'differs' ? [...new Set(recreation.differences.map(({ field }) => field))] : []
}

function compare(
  where: Difference['where'],
  sent: SocketInfo,
  found: SocketInfo,
  options: readonly Field[],
): Difference[] {
  const plain = [...plainFields, ...options].filter(({ of }) => !isSame(of(sent), of(found)))
  const identity = identityFields.filter(({ of }) => of(sent) !== 0n && of(found) !== 0n && of(sent) !== of(found))
  return [...plain, ...identity].map(({ name, of }) => ({ field: name, where, sent: of(sent), found: of(found) }))
}

/** Another holder may have changed the socket while it was in flight; then the receiver must tell the newer truth. */
function truthAt(
  pass: PassView,
  receipt: Receipt,
  found: SocketInfo,
  sent: SocketInfo,
): { truth: SocketInfo; options: Field[] } {
  if (found.version <= sent.version) return { truth: sent, options: optionFields }
  const other = pass.socket.history.find(
    ({ op, info, pid }) =>
      info?.version === found.version && pid !== receipt.pid && op !== 'passReceive' && op !== 'passEnvelope',
  )
  // setsockopt writes no record: an option that is newer than the send can't be checked against one.
  return other?.info == null ? { truth: sent, options: [] } : { truth: other.info, options: optionFields }
}

/** The last that the journal knew of the socket before it was received. */
function knownBefore(pass: PassView): SocketInfo | null {
  const { history } = pass.socket
  const first = history.findIndex(({ op, messageId, position, fd, pid }) => {
    const isReceipt = op === 'passEnvelope' || op === 'passReceive'
    return (
      isReceipt &&
      messageId === pass.messageId &&
      position === pass.position &&
      pass.receipts.some((receipt) => receipt.pid === pid && receipt.fd === fd)
    )
  })
  const before = first < 0 ? [] : history.slice(0, first)
  return before.findLast(({ info }) => info !== null)?.info ?? null
}

function isSame(one: FieldValue, other: FieldValue): boolean {
  if (one === null || other === null || typeof one !== 'object' || typeof other !== 'object') return one === other
  if (isList(one) || isList(other)) return String(one) === String(other)
  return one.family === other.family && one.address === other.address && one.port === other.port
}

function isList(value: FieldValue): value is readonly FlagName[] {
  return Array.isArray(value)
}

function unique(differences: Difference[]): Difference[] {
  return differences.filter(
    (one, index) =>
      index ===
      differences.findIndex(
        (other) => other.field === one.field && other.where === one.where && isSame(other.found, one.found),
      ),
  )
}

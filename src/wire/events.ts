import { SocketWrapperError } from '../errors.ts'
import { decodeInfo, encodeInfo, type SocketInfo } from './info.ts'
import { infoLayout, opNames, type OpName, opNumbers, recordLayout } from './layout.gen.ts'

export type { OpName }

/** One record of the journal, decoded. What `detail`, `result` and `text` mean depends on `op`: see native/wire/op.def. */
export type JournalEvent = {
  sequence: bigint
  /** CLOCK_MONOTONIC. */
  timeNs: bigint
  op: OpName
  pid: number
  tid: number
  /** -1 when the event is not about a descriptor. */
  fd: number
  /** >= 0, or -errno. */
  result: number
  detail: number
  /** Index of the descriptor in its message. */
  position: number
  /** The message of a pass, else 0. */
  messageId: bigint
  /** The socket after the event. */
  info: SocketInfo | null
  text: string
}

const at = recordLayout.offsets
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * The events of a batch of whole records, in order.
 * @throws SocketWrapperError `WIRE_INVALID` for half a record, an unknown operation or an info that no socket has: the sequence number says which.
 */
export function decodeRecords(batch: Uint8Array): JournalEvent[] {
  if (batch.length % recordLayout.size !== 0) {
    throw new SocketWrapperError('WIRE_INVALID', {
      what: 'batch of records',
      field: 'size',
      value: batch.length,
      allowed: `multiples of ${recordLayout.size} bytes`,
    })
  }
  const view = new DataView(batch.buffer, batch.byteOffset, batch.length)
  const events: JournalEvent[] = []
  for (let offset = 0; offset < batch.length; offset += recordLayout.size)
    events.push(decodeRecord(batch, view, offset))
  return events
}

function decodeRecord(batch: Uint8Array, view: DataView, offset: number): JournalEvent {
  const word = view.getBigUint64(offset + at.word, true)
  const number = view.getUint16(offset + at.op, true)
  const op = opNames.get(number)
  if (op === undefined) {
    throw new SocketWrapperError('WIRE_INVALID', {
      what: `record ${word}`,
      field: 'op',
      value: number,
      allowed: `0 to ${Math.max(...opNames.keys())}`,
    })
  }
  return {
    sequence: word,
    timeNs: view.getBigUint64(offset + at.timeNs, true),
    op,
    pid: view.getUint32(offset + at.pid, true),
    tid: view.getUint32(offset + at.tid, true),
    fd: view.getInt32(offset + at.fd, true),
    result: view.getInt32(offset + at.result, true),
    detail: view.getUint32(offset + at.detail, true),
    position: view.getUint16(offset + at.position, true),
    messageId: view.getBigUint64(offset + at.messageId, true),
    info: hasInfo(batch, offset + at.info) ? decodeInfo(batch, offset + at.info) : null,
    text: batch[offset + at.text] === 0 ? '' : decodeText(batch.subarray(offset + at.text, offset + recordLayout.size)),
  }
}

/** The bytes of one record: what decodeRecords reads back. A text longer than its field is cut. */
export function encodeRecord(event: JournalEvent): Buffer {
  const bytes = Buffer.alloc(recordLayout.size)
  bytes.writeBigUInt64LE(event.sequence, at.word)
  bytes.writeBigUInt64LE(event.timeNs, at.timeNs)
  bytes.writeBigUInt64LE(event.messageId, at.messageId)
  bytes.writeUInt32LE(event.pid, at.pid)
  bytes.writeUInt32LE(event.tid, at.tid)
  bytes.writeInt32LE(event.fd, at.fd)
  bytes.writeInt32LE(event.result, at.result)
  bytes.writeUInt16LE(opNumbers[event.op], at.op)
  bytes.writeUInt16LE(event.position, at.position)
  bytes.writeUInt32LE(event.detail, at.detail)
  if (event.info !== null) bytes.set(encodeInfo(event.info), at.info)
  bytes.set(Buffer.from(event.text).subarray(0, recordLayout.size - at.text), at.text)
  return bytes
}

/** A zero-padded field: UTF-8 up to the first zero byte. */
export function decodeText(field: Uint8Array): string {
  const end = field.indexOf(0)
  return utf8.decode(end < 0 ? field : field.subarray(0, end))
}

/** Zeros stand for none. Most infos are told by their family. */
function hasInfo(batch: Uint8Array, offset: number): boolean {
  if (batch[offset + infoLayout.offsets.family] !== 0) return true
  return batch.subarray(offset, offset + infoLayout.size).some((byte) => byte !== 0)
}

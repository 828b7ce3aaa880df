import { SocketWrapperError } from '../errors.ts'
import { decodeInfo, encodeInfo, type SocketInfo } from './info.ts'
import { infoLayout, opNames, type OpName, opNumbers, readRecord, recordLayout } from './layout.gen.ts'

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
  const record = readRecord(view, offset)
  const op = opNames.get(record.op)
  if (op === undefined) {
    throw new SocketWrapperError('WIRE_INVALID', {
      what: `record ${record.word}`,
      field: 'op',
      value: record.op,
      allowed: `0 to ${Math.max(...opNames.keys())}`,
    })
  }
  return {
    sequence: record.word,
    timeNs: record.timeNs,
    op,
    pid: record.pid,
    tid: record.tid,
    fd: record.fd,
    result: record.result,
    detail: record.detail,
    position: record.position,
    messageId: record.messageId,
    info: isZero(record.info) ? null : decodeInfo(batch, offset + recordLayout.offsets.info),
    text: decodeText(record.text),
  }
}

/** The bytes of one record: what decodeRecords reads back. A text longer than its field is cut. */
export function encodeRecord(event: JournalEvent): Buffer {
  const bytes = Buffer.alloc(recordLayout.size)
  const at = recordLayout.offsets
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

function isZero(bytes: Uint8Array): boolean {
  return bytes.length === infoLayout.size && bytes.every((byte) => byte === 0)
}

import { SocketWrapperError } from '../errors.ts'
import { decodeText } from './events.ts'
import { decodeInfo, type SocketInfo } from './info.ts'
import {
  ARENA_MAGIC,
  ARENA_VERSION,
  arenaLayout,
  infoLayout,
  PROCESS_SPAWNED,
  PROCESS_TEST,
  PROCESS_UNDER_SHIM,
  processLayout,
  readArena,
  readProcess,
  type WireArena,
} from './layout.gen.ts'

/** One row of the process table. */
export type ProcessRow = {
  pid: number
  parent: number
  /** Interface number. */
  host: number
  program: string
  /** CLOCK_BOOTTIME at the registration: a process that started later has a recycled pid. */
  startedNs: bigint
  isUnderShim: boolean
  isSpawned: boolean
  isTest: boolean
  isExited: boolean
}

/** @throws SocketWrapperError `WIRE_INVALID` when the bytes are not the head of an arena of this version. */
export function decodeHead(bytes: Uint8Array): WireArena {
  if (bytes.length < arenaLayout.size)
    throw invalid('head of the arena', 'size', bytes.length, `at least ${arenaLayout.size} bytes`)
  const head = readArena(viewOf(bytes))
  if (head.magic !== ARENA_MAGIC)
    throw invalid('head of the arena', 'magic', `0x${head.magic.toString(16)}`, `0x${ARENA_MAGIC.toString(16)}`)
  if (head.version !== ARENA_VERSION) throw invalid('head of the arena', 'version', head.version, String(ARENA_VERSION))
  return head
}

export function decodeProcesses(bytes: Uint8Array): ProcessRow[] {
  const view = viewOf(bytes)
  return offsets('process table', bytes, processLayout.size).map((offset) => {
    const row = readProcess(view, offset)
    return {
      pid: row.pid,
      parent: row.parent,
      host: row.host,
      program: decodeText(row.program),
      startedNs: row.startedNs,
      isUnderShim: (row.flags & PROCESS_UNDER_SHIM) !== 0,
      isSpawned: (row.flags & PROCESS_SPAWNED) !== 0,
      isTest: (row.flags & PROCESS_TEST) !== 0,
      isExited: row.exitedNs !== 0n,
    }
  })
}

/** The infos of the registry. */
export function decodeSockets(bytes: Uint8Array): SocketInfo[] {
  return offsets('registry', bytes, infoLayout.size).map((offset) => decodeInfo(bytes, offset))
}

function offsets(what: string, bytes: Uint8Array, size: number): number[] {
  if (bytes.length % size !== 0) throw invalid(what, 'size', bytes.length, `multiples of ${size} bytes`)
  return Array.from({ length: bytes.length / size }, (_, index) => index * size)
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

function invalid(what: string, field: string, value: number | string, allowed: string): SocketWrapperError {
  return new SocketWrapperError('WIRE_INVALID', { what, field, value, allowed })
}

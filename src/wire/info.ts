import { SocketWrapperError } from '../errors.ts'
import { addressBytes, formatIPv4, formatIPv6, isV4Mapped, parseAddress, type SocketAddress } from './address.ts'
import {
  flagNumbers,
  type FlagName,
  infoLayout,
  type OptionName,
  optionTable,
  stateNames,
  type StateName,
  stateNumbers,
} from './layout.gen.ts'

export type { FlagName, OptionName, SocketAddress }
export type SocketState = StateName

/** What a program must see of one socket: what getsockname, getpeername and getsockopt answer. */
export type SocketInfo = {
  family: 'IPv4' | 'IPv6'
  type: 'stream' | 'datagram'
  protocol: 'tcp' | 'udp' | 'mptcp'
  /** null while the socket has no local address. */
  local: SocketAddress | null
  /** null while the socket has no peer. */
  peer: SocketAddress | null
  state: SocketState
  /** The options that were set, by name. */
  options: Partial<Record<OptionName, number>>
  /** Interface number of the host that the socket belongs to, 1..64. */
  host: number
  flags: readonly FlagName[]
  /** errno that the next call or SO_ERROR reports, 0 for none. */
  pendingError: number
  /** SO_COOKIE, the identity of the socket; 0 when unknown. */
  cookie: bigint
  /** n of socket:[n] in /proc/<pid>/fd; 0 when unknown. */
  inode: bigint
  /** Grows by one at each change of the info. */
  version: number
  bornPid: number
}

/** Interface numbers go up to 64, as the reference has them. */
export const maxHosts = 64

const at = infoLayout.offsets
const families: Readonly<Record<number, SocketInfo['family']>> = { 2: 'IPv4', 10: 'IPv6' }
const types: Readonly<Record<number, SocketInfo['type']>> = { 1: 'stream', 2: 'datagram' }
const protocols: Readonly<Record<number, SocketInfo['protocol']>> = { 6: 'tcp', 17: 'udp', 262: 'mptcp' }
const protocolNumbers = { tcp: 6, udp: 17, mptcp: 262 } as const satisfies Record<SocketInfo['protocol'], number>
const flagRows = Object.entries(flagNumbers) as [FlagName, number][]
const knownFlags = flagRows.reduce((mask, [, bit]) => mask | bit, 0)
const knownOptions = 2 ** optionTable.length - 1

/**
 * One info, checked: other processes wrote these bytes.
 * @throws SocketWrapperError `WIRE_INVALID` naming the field, its value and what is allowed.
 */
export function decodeInfo(bytes: Uint8Array, offset = 0): SocketInfo {
  if (offset < 0 || bytes.length - offset < infoLayout.size) {
    throw invalid('size', Math.max(0, bytes.length - offset), `at least ${infoLayout.size} bytes`)
  }
  // Field by field: a journal is mostly infos, and readInfo copies the options and addresses that most of them do not have.
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, infoLayout.size)
  const familyNumber = view.getUint16(at.family, true)
  const family = families[familyNumber] ?? refuse('family', familyNumber, families)
  const typeNumber = view.getUint16(at.type, true)
  const type = types[typeNumber] ?? refuse('type', typeNumber, types)
  const protocolNumber = view.getUint16(at.protocol, true)
  const protocol = protocols[protocolNumber] ?? refuse('protocol', protocolNumber, protocols)
  const stateNumber = view.getUint16(at.state, true)
  const state = stateNames.get(stateNumber)
  if (state === undefined) throw invalid('state', stateNumber, [...stateNames.keys()].join(', '))
  const host = view.getUint16(at.host, true)
  if (host < 1 || host > maxHosts) throw invalid('host', host, `1 to ${maxHosts}`)
  return {
    family,
    type,
    protocol,
    local: decodeAddress(view, family, 'local'),
    peer: decodeAddress(view, family, 'peer'),
    state,
    options: decodeOptions(view),
    host,
    flags: decodeFlags(view.getUint16(at.flags, true)),
    pendingError: view.getInt32(at.pendingError, true),
    cookie: view.getBigUint64(at.cookie, true),
    inode: view.getBigUint64(at.inode, true),
    version: view.getUint32(at.version, true),
    bornPid: view.getUint32(at.bornPid, true),
  }
}

/** The bytes of an info: what decodeInfo reads back. */
export function encodeInfo(info: SocketInfo): Buffer {
  const bytes = Buffer.alloc(infoLayout.size)
  bytes.writeBigUInt64LE(info.cookie, at.cookie)
  bytes.writeBigUInt64LE(info.inode, at.inode)
  bytes.writeUInt32LE(info.version, at.version)
  bytes.writeUInt32LE(info.bornPid, at.bornPid)
  bytes.writeUInt16LE(info.family === 'IPv4' ? 2 : 10, at.family)
  bytes.writeUInt16LE(info.type === 'stream' ? 1 : 2, at.type)
  bytes.writeUInt16LE(protocolNumbers[info.protocol], at.protocol)
  bytes.writeUInt16LE(stateNumbers[info.state], at.state)
  bytes.writeUInt16LE(info.host, at.host)
  bytes.writeUInt16LE(
    info.flags.reduce((mask, name) => mask | flagNumbers[name], 0),
    at.flags,
  )
  encodeAddress(bytes, info.local, at.localAddress, at.localPort)
  encodeAddress(bytes, info.peer, at.peerAddress, at.peerPort)
  bytes.writeInt32LE(info.pendingError, at.pendingError)
  let mask = 0
  for (const [index, { name }] of optionTable.entries()) {
    const value = info.options[name]
    if (value === undefined) continue
    mask |= 1 << index
    bytes.writeInt32LE(value, at.options + index * 4)
  }
  bytes.writeUInt32LE(mask >>> 0, at.optionMask)
  return bytes
}

function decodeAddress(view: DataView, family: SocketInfo['family'], end: 'local' | 'peer'): SocketAddress | null {
  const port = view.getUint16(at[`${end}Port`], true)
  if (port === 0) return null
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at[`${end}Address`], addressBytes)
  if (family === 'IPv6') return { family, address: formatIPv6(bytes), port }
  if (!isV4Mapped(bytes)) throw invalid(`${end}Address`, formatIPv6(bytes), '::ffff:a.b.c.d on an IPv4 socket')
  return { family, address: formatIPv4(bytes), port }
}

function decodeFlags(bits: number): FlagName[] {
  if ((bits & ~knownFlags) !== 0) throw invalid('flags', hex(bits), `bits of ${hex(knownFlags)}`)
  return flagRows.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name)
}

function encodeAddress(bytes: Buffer, address: SocketAddress | null, addressOffset: number, portOffset: number): void {
  if (address === null) return
  const parsed = parseAddress(address.address)
  if (parsed === undefined) throw invalid('address', address.address, 'an IPv4 or IPv6 address')
  bytes.set(parsed.subarray(0, addressBytes), addressOffset)
  bytes.writeUInt16LE(address.port, portOffset)
}

function decodeOptions(view: DataView): SocketInfo['options'] {
  const mask = view.getUint32(at.optionMask, true)
  if ((mask & ~knownOptions) !== 0) throw invalid('optionMask', hex(mask), `bits of ${hex(knownOptions)}`)
  const options: SocketInfo['options'] = {}
  if (mask === 0) return options
  for (const [index, { name }] of optionTable.entries()) {
    if ((mask & (1 << index)) !== 0) options[name] = view.getInt32(at.options + index * 4, true)
  }
  return options
}

function refuse(field: string, value: number, table: Readonly<Record<number, string>>): never {
  const allowed = Object.entries(table).map(([number, name]) => `${number} (${name})`)
  throw invalid(field, value, allowed.join(', '))
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`
}

function invalid(field: string, value: number | string, allowed: string): SocketWrapperError {
  return new SocketWrapperError('WIRE_INVALID', { what: 'info', field, value, allowed })
}

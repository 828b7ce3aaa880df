import { SocketWrapperError } from '../errors.ts'
import { addressBytes, formatIPv4, formatIPv6, isV4Mapped, parseAddress, type SocketAddress } from './address.ts'
import {
  flagNumbers,
  type FlagName,
  infoLayout,
  type OptionName,
  optionTable,
  readInfo,
  stateNames,
  type StateName,
  stateNumbers,
  type WireInfo,
} from './layout.gen.ts'

export type { FlagName, OptionName, SocketAddress }
export type SocketState = StateName

/** What a program must see of one socket: what getsockname, getpeername and getsockopt answer. */
export type SocketInfo = {
  family: 'IPv4' | 'IPv6'
  type: 'stream' | 'datagram'
  protocol: 'tcp' | 'udp'
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

const families = { 2: 'IPv4', 10: 'IPv6' } as const
const types = { 1: 'stream', 2: 'datagram' } as const
const protocols = { 6: 'tcp', 17: 'udp' } as const
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
  const wire = readInfo(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset)
  const family = pick(families, 'family', wire.family)
  const type = pick(types, 'type', wire.type)
  const protocol = pick(protocols, 'protocol', wire.protocol)
  if ((type === 'stream') !== (protocol === 'tcp')) throw invalid('protocol', protocol, `the protocol of type ${type}`)
  const state = stateNames.get(wire.state)
  if (state === undefined) throw invalid('state', wire.state, [...stateNames.keys()].join(', '))
  if (wire.host < 1 || wire.host > maxHosts) throw invalid('host', wire.host, `1 to ${maxHosts}`)
  if ((wire.flags & ~knownFlags) !== 0) throw invalid('flags', hex(wire.flags), `bits of ${hex(knownFlags)}`)
  if ((wire.optionMask & ~knownOptions) !== 0)
    throw invalid('optionMask', hex(wire.optionMask), `bits of ${hex(knownOptions)}`)
  return {
    family,
    type,
    protocol,
    local: decodeAddress('localAddress', family, wire.localAddress, wire.localPort),
    peer: decodeAddress('peerAddress', family, wire.peerAddress, wire.peerPort),
    state,
    options: decodeOptions(wire),
    host: wire.host,
    flags: flagRows.filter(([, bit]) => (wire.flags & bit) !== 0).map(([name]) => name),
    pendingError: wire.pendingError,
    cookie: wire.cookie,
    inode: wire.inode,
    version: wire.version,
    bornPid: wire.bornPid,
  }
}

/** The bytes of an info: what decodeInfo reads back. */
export function encodeInfo(info: SocketInfo): Buffer {
  const bytes = Buffer.alloc(infoLayout.size)
  const at = infoLayout.offsets
  bytes.writeBigUInt64LE(info.cookie, at.cookie)
  bytes.writeBigUInt64LE(info.inode, at.inode)
  bytes.writeUInt32LE(info.version, at.version)
  bytes.writeUInt32LE(info.bornPid, at.bornPid)
  bytes.writeUInt16LE(info.family === 'IPv4' ? 2 : 10, at.family)
  bytes.writeUInt16LE(info.type === 'stream' ? 1 : 2, at.type)
  bytes.writeUInt16LE(info.protocol === 'tcp' ? 6 : 17, at.protocol)
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

function decodeAddress(
  field: string,
  family: SocketInfo['family'],
  bytes: Uint8Array,
  port: number,
): SocketAddress | null {
  if (port === 0) return null
  if (family === 'IPv6') return { family, address: formatIPv6(bytes), port }
  if (!isV4Mapped(bytes)) throw invalid(field, formatIPv6(bytes), '::ffff:a.b.c.d on an IPv4 socket')
  return { family, address: formatIPv4(bytes), port }
}

function encodeAddress(bytes: Buffer, address: SocketAddress | null, addressOffset: number, portOffset: number): void {
  if (address === null) return
  const parsed = parseAddress(address.address)
  if (parsed === undefined) throw invalid('address', address.address, 'an IPv4 or IPv6 address')
  bytes.set(parsed.subarray(0, addressBytes), addressOffset)
  bytes.writeUInt16LE(address.port, portOffset)
}

function decodeOptions(wire: WireInfo): SocketInfo['options'] {
  const options: SocketInfo['options'] = {}
  if (wire.optionMask === 0) return options
  for (const [index, { name }] of optionTable.entries()) {
    if ((wire.optionMask & (1 << index)) !== 0) options[name] = wire.options[index] ?? 0
  }
  return options
}

function pick<Table extends Record<number, string>>(table: Table, field: string, value: number): Table[keyof Table] {
  const found = Object.hasOwn(table, value) ? table[value as keyof Table] : undefined
  if (found === undefined) {
    const allowed = Object.entries(table).map(([number, name]) => `${number} (${name})`)
    throw invalid(field, value, allowed.join(', '))
  }
  return found
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`
}

function invalid(field: string, value: number | string, allowed: string): SocketWrapperError {
  return new SocketWrapperError('WIRE_INVALID', { what: 'info', field, value, allowed })
}

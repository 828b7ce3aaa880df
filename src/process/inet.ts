// Sockets of the real network that a process holds, as the kernel tells of them.
import { readFileSync } from 'node:fs'
import { native } from '../native.ts'
import { addressBytes, formatIPv4, formatIPv6 } from '../wire/address.ts'

const tables = ['tcp', 'udp', 'tcp6', 'udp6'] as const

/** States of include/net/tcp_states.h that say something of the peer; a datagram socket is in 1 or 7. */
const listening = 0x0a
const connected = 0x01

/** Texts like `tcp 127.0.0.1:8080 listening`, `udp 10.0.0.2:53 → 10.0.0.1:53`. Empty when it has none, is gone, or is another user's. */
export function readInetSockets(pid: number): string[] {
  const inodes = native.inetSockets(pid)
  if (inodes.length === 0) return []
  const known = new Map(tables.flatMap((table) => readTable(pid, table)))
  return inodes.map((inode) => known.get(inode) ?? `an inet socket (inode ${inode}) that has no address`)
}

function readTable(pid: number, table: (typeof tables)[number]): [bigint, string][] {
  return readLines(`/proc/${pid}/net/${table}`).flatMap((line) => {
    const [, local = '', peer = '', state = '', , , , , , inode = ''] = line.trim().split(/\s+/)
    if (!/^\d+$/.test(inode)) return []
    return [[BigInt(inode), describe(table, formatEnd(local), formatEnd(peer), Number.parseInt(state, 16))]]
  })
}

function describe(table: string, local: string, peer: string, state: number): string {
  const protocol = table.slice(0, 3)
  if (state === connected) return `${protocol} ${local} → ${peer}`
  return `${protocol} ${local}${state === listening ? ' listening' : ''}`
}

/** `0100007F:1F90` is 127.0.0.1:8080: words of 32 bits as they lie in memory, of a machine that is little-endian. */
export function formatEnd(text: string): string {
  const [address = '', port = ''] = text.split(':')
  const words = Buffer.from(address, 'hex').swap32()
  const bytes = new Uint8Array(addressBytes)
  bytes.set(words, addressBytes - words.length)
  const number = Number.parseInt(port, 16)
  return words.length === 4 ? `${formatIPv4(bytes)}:${number}` : `[${formatIPv6(bytes)}]:${number}`
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'latin1').split('\n').slice(1)
  } catch {
    return []
  }
}

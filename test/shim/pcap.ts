// A reader of classic pcap files that trusts nothing: each checksum and each TCP number is computed again.
import { strict as assert } from 'node:assert'

export type Packet = {
  readonly timeNs: bigint
  readonly protocol: 'tcp' | 'udp' | 'icmp'
  /** `127.0.0.1:80`, `[::1]:80`; of ICMP without a port. */
  readonly from: string
  readonly to: string
  /** `S`, `SA`, `A`, `PA`, `FA`, `RA`; of TCP only. */
  readonly flags: string
  readonly sequence: number
  readonly acknowledged: number
  readonly data: Buffer
}

const classicHead = 24

/** All packets of a file with link type "raw IP". */
export function readPcap(file: Buffer): Packet[] {
  const magic = file.readUInt32LE(0)
  assert(magic === 0xa1b2c3d4 || magic === 0xa1b23c4d, 'not a pcap file')
  assert.equal(file.readUInt16LE(4), 2)
  assert.equal(file.readUInt16LE(6), 4)
  assert.equal(file.readUInt32LE(20), 101)
  const unit = magic === 0xa1b23c4d ? 1n : 1000n
  const packets: Packet[] = []
  for (let at = classicHead; at < file.length;) {
    const timeNs = BigInt(file.readUInt32LE(at)) * 1_000_000_000n + BigInt(file.readUInt32LE(at + 4)) * unit
    const size = file.readUInt32LE(at + 8)
    assert.equal(file.readUInt32LE(at + 12), size, 'a packet is cut')
    packets.push(readPacket(file.subarray(at + 16, at + 16 + size), timeNs))
    at += 16 + size
  }
  return packets
}

function sum(bytes: Buffer): number {
  let total = 0
  for (let i = 0; i < bytes.length; i += 2) total += bytes.readUInt8(i) * 256 + (bytes[i + 1] ?? 0)
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000)
  return total
}

const names = new Map([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [58, 'icmp'],
] as const)

/** As lines show them: the acknowledgement last. */
const flagBits = [
  ['F', 1],
  ['S', 2],
  ['R', 4],
  ['P', 8],
  ['U', 32],
  ['A', 16],
] as const

function readPacket(bytes: Buffer, timeNs: bigint): Packet {
  const isV6 = bytes.readUInt8(0) >> 4 === 6
  const head = isV6 ? 40 : 20
  if (isV6) {
    assert.equal(bytes.readUInt16BE(4), bytes.length - 40)
  } else {
    assert.equal(bytes.readUInt8(0), 0x45)
    assert.equal(bytes.readUInt16BE(2), bytes.length)
    assert.equal(sum(bytes.subarray(0, 20)), 0xffff, 'checksum of IP')
  }
  const number = bytes.readUInt8(isV6 ? 6 : 9)
  const [from, to] = isV6
    ? [bytes.subarray(8, 24), bytes.subarray(24, 40)]
    : [bytes.subarray(12, 16), bytes.subarray(16, 20)]
  const rest = bytes.subarray(head)
  const pseudo = Buffer.concat([from, to, Buffer.from([0, number]), lengthOf(rest), rest])
  assert.equal(sum(number === 1 ? rest : pseudo), 0xffff, `checksum of protocol ${number}`)
  const protocol = names.get(number as 6)
  assert(protocol !== undefined, `protocol ${number}`)
  const facts = { timeNs, protocol, flags: '', sequence: 0, acknowledged: 0 }
  if (protocol === 'icmp') return { ...facts, from: text(from), to: text(to), data: rest }
  const ends = { from: `${text(from)}:${rest.readUInt16BE(0)}`, to: `${text(to)}:${rest.readUInt16BE(2)}` }
  if (protocol === 'udp') {
    assert.equal(rest.readUInt16BE(4), rest.length)
    assert.notEqual(rest.readUInt16BE(6), 0)
    return { ...facts, ...ends, data: rest.subarray(8) }
  }
  const flags = flagBits.flatMap(([flag, bit]) => ((rest.readUInt8(13) & bit) === 0 ? [] : [flag])).join('')
  const data = rest.subarray((rest.readUInt8(12) >> 4) * 4)
  return { ...facts, ...ends, flags, sequence: rest.readUInt32BE(4), acknowledged: rest.readUInt32BE(8), data }
}

function lengthOf(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return length
}

function text(address: Buffer): string {
  if (address.length === 4) return address.join('.')
  return address.equals(Buffer.from([...Array<number>(15).fill(0), 1])) ? '[::1]' : `[${address.toString('hex')}]`
}

/** One TCP connection: what each side has sent, and its packets as lines. */
export type Flow = {
  readonly client: string
  readonly server: string
  readonly fromClient: Buffer
  readonly fromServer: Buffer
  /** `> S`, `< SA`, `> PA 5`: the side, the flags, the bytes. */
  readonly lines: readonly string[]
}

/** The connections in order; asserts that each number follows from what came before, and that nothing is acknowledged before it was sent. */
export function followFlows(packets: readonly Packet[]): Flow[] {
  type Side = { next: number | null; readonly data: Buffer[] }
  type Open = { client: string; server: string; sides: readonly [Side, Side]; lines: string[] }
  const flows: Open[] = []
  let last = 0n
  for (const packet of packets) {
    assert(packet.timeNs >= last, 'time goes back')
    last = packet.timeNs
    if (packet.protocol !== 'tcp') continue
    const { from, to, flags, data, sequence } = packet
    if (flags === 'S') {
      const fresh = (): Side => ({ next: null, data: [] })
      flows.push({ client: from, server: to, sides: [fresh(), fresh()], lines: [] })
    }
    const flow = flows.findLast(
      ({ client, server }) => [client, server].includes(from) && [client, server].includes(to),
    )
    assert(flow !== undefined, `a packet before its handshake: ${from} ${to} ${flags}`)
    const isClient = from === flow.client
    const [own, peer] = isClient ? flow.sides : [flow.sides[1], flow.sides[0]]
    if (own.next !== null) assert.equal(sequence, own.next, `sequence number of ${from} ${flags}`)
    if (flags.includes('A')) assert.equal(packet.acknowledged, peer.next, `acknowledged by ${from} ${flags}`)
    const length = data.length + (/[SF]/.test(flags) ? 1 : 0)
    own.next = (sequence + length) >>> 0
    own.data.push(data)
    flow.lines.push(`${isClient ? '>' : '<'} ${flags}${data.length > 0 ? ` ${data.length}` : ''}`)
  }
  return flows.map(({ client, server, sides: [one, other], lines }) => ({
    client,
    server,
    fromClient: Buffer.concat(one.data),
    fromServer: Buffer.concat(other.data),
    lines,
  }))
}

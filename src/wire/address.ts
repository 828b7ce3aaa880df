import { isIPv4, isIPv6 } from 'node:net'

export type SocketAddress = { family: 'IPv4' | 'IPv6'; address: string; port: number }

export const addressBytes = 16

/** Whether the 16 bytes are an IPv4 address, ::ffff:a.b.c.d. */
export function isV4Mapped(bytes: Uint8Array): boolean {
  for (let index = 0; index < 10; index++) if (bytes[index] !== 0) return false
  return bytes[10] === 0xff && bytes[11] === 0xff
}

/** The text of the last four bytes: 10.53.57.2. */
export function formatIPv4(bytes: Uint8Array): string {
  return `${bytes[12]}.${bytes[13]}.${bytes[14]}.${bytes[15]}`
}

/** The text that node prints (libuv's inet_ntop, after RFC 5952): the first of the longest runs of two or more zero words becomes ::. */
export function formatIPv6(bytes: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, index) => wordAt(bytes, index))
  let [best, bestLength] = [-1, 1]
  for (let start = 0; start < words.length; start++) {
    let end = start
    while (words[end] === 0) end++
    if (end - start > bestLength) [best, bestLength] = [start, end - start]
  }
  // ::a.b.c.d and ::ffff:a.b.c.d keep the dotted form of their last four bytes.
  const isDotted = best === 0 && (bestLength === 6 || (bestLength === 5 && words[5] === 0xffff))
  const parts = words.slice(0, isDotted ? 6 : 8).map((word) => word.toString(16))
  if (isDotted) parts.push(formatIPv4(bytes))
  if (best < 0) return parts.join(':')
  return `${parts.slice(0, best).join(':')}::${parts.slice(best + bestLength).join(':')}`
}

/** The 16 bytes of an IPv4 or IPv6 text; undefined when it is neither, or has a zone. */
export function parseAddress(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(addressBytes)
  if (isIPv4(text)) {
    bytes.set([0xff, 0xff, ...text.split('.').map(Number)], 10)
    return bytes
  }
  if (!isIPv6(text) || text.includes('%')) return undefined
  const [head = '', tail] = text.split('::')
  const first = toWords(head)
  const last = tail === undefined ? [] : toWords(tail)
  const words = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last]
  words.forEach((word, index) => bytes.set([word >> 8, word & 0xff], index * 2))
  return bytes
}

function wordAt(bytes: Uint8Array, index: number): number {
  return ((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)
}

function toWords(part: string): number[] {
  if (part === '') return []
  return part.split(':').flatMap((piece) => {
    if (!piece.includes('.')) return [Number.parseInt(piece, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = piece.split('.').map(Number)
    return [(a << 8) | b, (c << 8) | d]
  })
}

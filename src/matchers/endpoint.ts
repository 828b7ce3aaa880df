// What toBeListeningOn and toBeConnectedTo compare with.
import type { Names } from '../journal/names.ts'
import { formatAddress, hostOf } from '../report/text.ts'
import { formatIPv6, parseAddress } from '../wire/address.ts'
import type { SocketAddress } from '../wire/info.ts'

/** A port, or what must be true of an address. `host` is the name of a host of the network. */
export type Endpoint = number | { family?: 'IPv4' | 'IPv6'; address?: string; host?: string; port?: number }

const endpointKeys = ['family', 'address', 'host', 'port']

/** Types do not reach everybody: '80' or a misspelled key would be true of any address. */
export function isEndpoint(value: unknown): value is Endpoint {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 && value <= 0xffff
  if (typeof value !== 'object' || value === null) return false
  const keys = Object.keys(value)
  return keys.length > 0 && keys.every((key) => endpointKeys.includes(key))
}

export function matchesEndpoint(found: SocketAddress, ownHost: number, wanted: Endpoint, names: Names): boolean {
  if (typeof wanted === 'number') return found.port === wanted
  if (wanted.port !== undefined && wanted.port !== found.port) return false
  if (wanted.family !== undefined && wanted.family !== found.family) return false
  if (wanted.address !== undefined && !isSameAddress(wanted.address, found.address)) return false
  return wanted.host === undefined || nameOf(found, ownHost, names) === wanted.host.toLowerCase()
}

export function formatWanted(wanted: Endpoint): string {
  if (typeof wanted === 'number') return `port ${wanted}`
  const { family, address, host, port } = wanted
  if (address !== undefined && port !== undefined && host === undefined) {
    return formatAddress({ family: address.includes(':') ? 'IPv6' : 'IPv4', address, port })
  }
  const parts = [
    host !== undefined && `host "${host}"`,
    address !== undefined && `address ${address}`,
    port !== undefined && `port ${port}`,
    family,
  ]
  return parts.filter((part) => typeof part === 'string').join(', ') || 'any address'
}

/** `10.53.57.2:80 (web)`. */
export function formatFound(found: SocketAddress, ownHost: number, names: Names): string {
  const name = nameOf(found, ownHost, names)
  return name === undefined ? formatAddress(found) : `${formatAddress(found)} (${name})`
}

function nameOf(found: SocketAddress, ownHost: number, names: Names): string | undefined {
  const number = hostOf(found.address, ownHost)
  return number === undefined ? undefined : names.host(number)
}

/** In whichever spelling, and an IPv4 address also as an IPv6 socket shows it. */
function isSameAddress(one: string, other: string): boolean {
  const [first, second] = [parseAddress(one), parseAddress(other)]
  return first === undefined || second === undefined ? one === other : formatIPv6(first) === formatIPv6(second)
}

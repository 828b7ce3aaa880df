// The fake hosts of one network: a name, an interface number, and the addresses that follow from the number.
import { isIP } from 'node:net'
import { SocketWrapperError } from '../errors.ts'
import { maxHosts } from '../wire/info.ts'

/** The host that the test itself is on: the only one whose 127.0.0.1 is laid out as on a network with one host. */
export const testHost = 'test'

/** Room for the names of one host in the arena's table: native/wire/host.def, less the final zero. */
const maxNameBytes = 251

export type HostEntry = {
  readonly name: string
  /** Interface number, 1..64. */
  readonly number: number
  readonly addresses: { readonly IPv4: string; readonly IPv6: string }
}

export type Hosts = {
  /** The host of that name, declared at its first use. */
  get(name: string): HostEntry
  /** The host of that name if it is declared; case does not matter. */
  find(name: string): HostEntry | undefined
  list(): readonly HostEntry[]
  /** `web` for 2; the number itself when no host has it. */
  nameOf(number: number): string
}

/** @param declare - tells the network's processes of a new host. */
export function createHosts(declare: (host: HostEntry) => void): Hosts {
  const entries: HostEntry[] = []
  const find = (name: string): HostEntry | undefined => {
    const wanted = normalize(name)
    return entries.find((entry) => entry.name === wanted)
  }
  const get = (name: string): HostEntry => {
    const found = typeof name === 'string' ? find(name) : undefined
    if (found !== undefined) return found
    checkName(name)
    if (entries.length >= maxHosts) {
      throw new SocketWrapperError('HOSTS_EXHAUSTED', {
        name,
        limit: maxHosts,
        names: entries.map((entry) => entry.name),
      })
    }
    const entry = { name: normalize(name), number: entries.length + 1, addresses: addressesOf(entries.length + 1) }
    declare(entry)
    entries.push(entry)
    return entry
  }
  get(testHost)
  return {
    get,
    find,
    list: () => entries,
    nameOf: (number) => entries.find((entry) => entry.number === number)?.name ?? String(number),
  }
}

/** The addresses of interface `number`; the codec of the shim is native/shim/name.c. */
function addressesOf(number: number): HostEntry['addresses'] {
  return { IPv4: `10.53.57.${number}`, IPv6: `fd00::5357:5f${number.toString(16).padStart(2, '0')}` }
}

function normalize(name: string): string {
  return name.toLowerCase()
}

function checkName(name: unknown): void {
  const refuse = (reason: string): never => {
    throw new SocketWrapperError('HOST_NAME_INVALID', { name: JSON.stringify(name) ?? String(name), reason })
  }
  if (typeof name !== 'string') return refuse(`it is of type ${typeof name}`)
  if (name === '') return refuse('it is empty')
  if (isIP(name) !== 0) return refuse('it is an address; a host gets its addresses from the network')
  if (normalize(name) === 'localhost') return refuse('localhost is the private loopback of every host')
  if (Buffer.byteLength(name) > maxNameBytes)
    return refuse(`it has ${Buffer.byteLength(name)} bytes, at most ${maxNameBytes} fit`)
  for (const part of name.split('.')) {
    if (part === '') return refuse('a part between dots is empty')
    if (part.length > 63) return refuse(`the part "${part}" has ${part.length} letters`)
    if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i.test(part)) return refuse(`the part "${part}" has other letters`)
  }
  if (/^[\d.]+$/.test(name)) refuse('it looks like an address')
}

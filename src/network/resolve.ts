// Names in the test's own process: dns.lookup and dns.promises.lookup know the hosts of the running test's network. net, http, dgram and
// undici all ask dns.lookup at the time of a connection, so one patch serves them.
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import process from 'node:process'
import { current } from './current.ts'
import { testHost } from './hosts.ts'
import type { CoreNetwork } from './network.ts'

type Callback = (error: NodeJS.ErrnoException | null, address?: string | dns.LookupAddress[], family?: number) => void
type Answer = { readonly addresses: readonly dns.LookupAddress[] } | { readonly error: NodeJS.ErrnoException }

/** Replaces the two functions; the returned one puts them back. */
export function patchResolve(): () => void {
  const originals = { callback: dns.lookup, promise: dns.promises.lookup }

  const lookup = (hostname: string, second: unknown, third?: unknown): void => {
    const callback = (typeof third === 'function' ? third : second) as Callback
    const options = typeof second === 'function' ? {} : second
    const found = typeof callback === 'function' ? answer(hostname, options) : undefined
    if (found === undefined) {
      Reflect.apply(originals.callback, dns, third === undefined ? [hostname, second] : [hostname, second, third])
    } else if ('error' in found) {
      process.nextTick(callback, found.error)
    } else if (wantsAll(options)) {
      process.nextTick(callback, null, found.addresses)
    } else {
      process.nextTick(callback, null, found.addresses[0]?.address, found.addresses[0]?.family)
    }
  }
  const promise = async (hostname: string, options?: unknown): Promise<unknown> => {
    const found = answer(hostname, options)
    if (found === undefined) return Reflect.apply(originals.promise, dns.promises, [hostname, options])
    if ('error' in found) throw found.error
    return wantsAll(options) ? found.addresses : found.addresses[0]
  }
  // util.promisify finds the names of the callback's values under a symbol of the function.
  for (const symbol of Object.getOwnPropertySymbols(originals.callback)) {
    Object.defineProperty(lookup, symbol, Object.getOwnPropertyDescriptor(originals.callback, symbol) ?? {})
  }
  const put = (callback: unknown, promised: unknown): void => {
    Object.assign(dns, { lookup: callback })
    Object.assign(dns.promises, { lookup: promised })
    syncBuiltinESMExports()
  }
  put(lookup, promise)
  return () => put(originals.callback, originals.promise)
}

/** undefined: the system's resolver answers. */
function answer(hostname: unknown, options: unknown): Answer | undefined {
  if (typeof hostname !== 'string' || hostname === '' || isIP(hostname) !== 0) return undefined
  const where = current()
  if (where.kind === 'outside') return undefined
  const name = hostname.toLowerCase().replace(/\.$/, '')
  if (where.kind === 'refused') {
    const reason =
      where.ended === null ? 'this code belongs to none of the tests that run concurrently' : 'its test has ended'
    return { error: notFound(hostname, `${reason}, so it has no network`) }
  }
  const network = where.network
  if (isPassedThrough(network, name)) return undefined
  const addresses = orderOf(options, name).flatMap((family): dns.LookupAddress[] => {
    const address = addressOf(network, name, family)
    return address === undefined ? [] : [{ address, family }]
  })
  if (addresses.length > 0) return { addresses }
  const names = network.hosts.list().map((host) => host.name)
  return {
    error: notFound(
      hostname,
      `the network has the hosts ${names.join(', ')}; declare it with network.host(${JSON.stringify(name)}), or name it in the option passthrough`,
    ),
  }
}

/** As in native/shim/resolver.c, so that a test and its processes mean the same by a name. */
function addressOf(network: CoreNetwork, name: string, family: number): string | undefined {
  if (isLocalhost(name)) return family === 4 ? '127.0.0.1' : '::1'
  const host =
    network.hosts.find(name) ?? (name === hostname().toLowerCase() ? network.hosts.find(testHost) : undefined)
  return family === 4 ? host?.addresses.IPv4 : host?.addresses.IPv6
}

function isLocalhost(name: string): boolean {
  return name === 'localhost' || name === 'ip6-localhost' || name.endsWith('.localhost')
}

function isPassedThrough(network: CoreNetwork, name: string): boolean {
  return network.passedNames.includes(name)
}

/** The families asked for, in the order wanted. */
function orderOf(options: unknown, name: string): readonly number[] {
  const asked = typeof options === 'number' ? { family: options } : ((options ?? {}) as dns.LookupOptions)
  if (asked.family === 4 || asked.family === 'IPv4') return [4]
  if (asked.family === 6 || asked.family === 'IPv6') return [6]
  const order = (asked as { order?: string }).order ?? (asked.verbatim === undefined ? dns.getDefaultResultOrder() : '')
  if (order === 'ipv6first') return [6, 4]
  // localhost as the system's resolver sorts it (RFC 3484); hosts with IPv4 first, for servers on 0.0.0.0 and clients that try one address.
  return order !== 'ipv4first' && isLocalhost(name) ? [6, 4] : [4, 6]
}

function wantsAll(options: unknown): boolean {
  return typeof options === 'object' && options !== null && 'all' in options && options.all === true
}

function notFound(hostname: string, why: string): NodeJS.ErrnoException {
  const error = new Error(`getaddrinfo ENOTFOUND ${hostname}: ${why}`)
  return Object.assign(error, { errno: -3008, code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname }) // UV_EAI_NONAME
}

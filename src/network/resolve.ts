// Names in the test's own process: lookup and lookupService of dns and dns.promises know the hosts of the running test's network. net, http,
// dgram and undici all ask dns.lookup at the time of a connection, so one patch serves them. The resolve family of dns sends its questions
// through sockets, which the shim answers.
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import process from 'node:process'
import { current } from './current.ts'
import { testHost } from './hosts.ts'
import type { CoreNetwork } from './network.ts'

type Callback = (error: NodeJS.ErrnoException | null, address?: string | dns.LookupAddress[], family?: number) => void
type ServiceCallback = (error: NodeJS.ErrnoException | null, hostname?: string, service?: string) => void
type Answer = { readonly addresses: readonly dns.LookupAddress[] } | { readonly error: NodeJS.ErrnoException }

/** Replaces the functions; the returned one puts them back. */
export function patchResolve(): () => void {
  const originals = {
    callback: dns.lookup,
    promise: dns.promises.lookup,
    serviceCallback: dns.lookupService,
    servicePromise: dns.promises.lookupService,
  }

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
  const lookupService = (address: unknown, port: unknown, callback: unknown): void => {
    const found = typeof callback === 'function' ? nameOf(address) : undefined
    if (found === undefined) {
      Reflect.apply(originals.serviceCallback, dns, [address, port, callback])
    } else if ('error' in found) {
      process.nextTick(callback as ServiceCallback, found.error)
    } else {
      // The name of the service is the machine's.
      originals.serviceCallback('127.0.0.1', port as number, (error, _, service) => {
        if (error) (callback as ServiceCallback)(error)
        else (callback as ServiceCallback)(null, found.name, service)
      })
    }
  }
  const servicePromise = async (address: unknown, port: unknown): Promise<unknown> => {
    const found = nameOf(address)
    if (found === undefined) return Reflect.apply(originals.servicePromise, dns.promises, [address, port])
    if ('error' in found) throw found.error
    const { service } = await originals.servicePromise('127.0.0.1', port as number)
    return { hostname: found.name, service }
  }
  // util.promisify finds the names of the callback's values under a symbol of the function.
  copySymbols(originals.callback, lookup)
  copySymbols(originals.serviceCallback, lookupService)
  const put = (callbacks: object, promises: object): void => {
    Object.assign(dns, callbacks)
    Object.assign(dns.promises, promises)
    syncBuiltinESMExports()
  }
  put({ lookup, lookupService }, { lookup: promise, lookupService: servicePromise })
  return () =>
    put(
      { lookup: originals.callback, lookupService: originals.serviceCallback },
      { lookup: originals.promise, lookupService: originals.servicePromise },
    )
}

function copySymbols(from: object, to: object): void {
  for (const symbol of Object.getOwnPropertySymbols(from))
    Object.defineProperty(to, symbol, Object.getOwnPropertyDescriptor(from, symbol) ?? {})
}

/** undefined: the system's resolver answers. */
function answer(hostname: unknown, options: unknown): Answer | undefined {
  if (typeof hostname !== 'string' || hostname === '' || isIP(hostname) !== 0) return undefined
  const where = current()
  if (where.kind === 'outside') return undefined
  const name = hostname.toLowerCase().replace(/\.$/, '')
  if (where.kind === 'refused') return { error: notFound('getaddrinfo', hostname, reasonOf(where.ended)) }
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
      'getaddrinfo',
      hostname,
      `the network has the hosts ${names.join(', ')}; declare it with network.host(${JSON.stringify(name)}), or name it in the option passthrough`,
    ),
  }
}

/** As in native/shim/lookup.c, so that a test and its processes mean the same by a name. */
function addressOf(network: CoreNetwork, name: string, family: number): string | undefined {
  if (isLocalhost(name)) return family === 4 ? '127.0.0.1' : '::1'
  const host =
    network.hosts.find(name) ?? (name === hostname().toLowerCase() ? network.hosts.find(testHost) : undefined)
  return family === 4 ? host?.addresses.IPv4 : host?.addresses.IPv6
}

/** undefined: the system's resolver answers, or refuses what is no address. As lookup_address in native/shim/lookup.c. */
function nameOf(address: unknown): { readonly name: string } | { readonly error: NodeJS.ErrnoException } | undefined {
  if (typeof address !== 'string' || isIP(address) === 0) return undefined
  const where = current()
  if (where.kind === 'outside') return undefined
  if (where.kind === 'refused') return { error: notFound('getnameinfo', address, reasonOf(where.ended)) }
  const wanted =
    isIP(address) === 6 ? new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1) : address
  if (wanted === '127.0.0.1' || wanted === '::1') return { name: 'localhost' }
  const hosts = where.network.hosts.list()
  const host = hosts.find(({ addresses }) => addresses.IPv4 === wanted || addresses.IPv6 === wanted)
  if (host !== undefined) return { name: host.name }
  return { error: notFound('getnameinfo', address, `the network has ${hosts.length} hosts, none of them there`) }
}

function reasonOf(ended: CoreNetwork | null): string {
  const reason = ended === null ? 'this code belongs to none of the tests that run concurrently' : 'its test has ended'
  return `${reason}, so it has no network`
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

function notFound(syscall: 'getaddrinfo' | 'getnameinfo', hostname: string, why: string): NodeJS.ErrnoException {
  const error = new Error(`${syscall} ENOTFOUND ${hostname}: ${why}`)
  return Object.assign(error, { errno: -3008, code: 'ENOTFOUND', syscall, hostname }) // UV_EAI_NONAME
}

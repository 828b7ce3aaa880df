// The resolve family of dns. c-ares keeps sockets in a channel and sends several questions through one, so a channel belongs to the network
// that it was first used in, and every other network gets one of its own.
import dns from 'node:dns'
import { isIPv6 } from 'node:net'
import { current, inContext } from './current.ts'
import { shared } from './shared.ts'

/** The handle of a resolver. */
type Channel = { cancel(): void; getServers(): [address: string, port: number][] }

const outside = 0
const refused = -1

const state = shared('questions', () => ({
  homes: new WeakMap<Channel, number>(),
  /** By network, each for the channel that it stands for. */
  channels: new Map<number, Map<Channel, Channel>>(),
  cancel: (channel: Channel): void => channel.cancel(),
}))

export function patchQuestions(): () => void {
  const prototype = Object.getPrototypeOf(channelOf(new dns.Resolver())) as Record<string, unknown>
  const cancel = prototype['cancel'] as () => void
  state.cancel = (channel) => Reflect.apply(cancel, channel, [])
  const undo = Object.entries(prototype).flatMap(([name, original]) => {
    if (typeof original !== 'function' || !/^(query|getHostByAddr$|cancel$)/.test(name)) return []
    prototype[name] = function (this: Channel, ...values: unknown[]) {
      return inContext(() => Reflect.apply(original, ownChannel(this), values))
    }
    return [() => void (prototype[name] = original)]
  })
  return () => undo.forEach((each) => each())
}

/** Whoever still waits for an answer in the network hears ECANCELLED. */
export function endQuestions(network: number): void {
  const channels = state.channels.get(network)
  state.channels.delete(network)
  channels?.forEach((channel) => state.cancel(channel))
}

function networkId(): number {
  const where = current()
  if (where.kind === 'network') return where.network.id
  return where.kind === 'refused' ? refused : outside
}

function ownChannel(channel: Channel): Channel {
  const id = networkId()
  if (id === outside) return channel
  const home = state.homes.get(channel) ?? id
  state.homes.set(channel, home)
  const channels = state.channels.get(id) ?? new Map<Channel, Channel>()
  if (id !== refused) state.channels.set(id, channels)
  const own = home === id ? channel : (channels.get(channel) ?? copyOf(channel))
  // What is in the place of another one stays itself.
  state.homes.set(own, id)
  channels.set(channel, own)
  return own
}

function copyOf(channel: Channel): Channel {
  const resolver = new dns.Resolver()
  resolver.setServers(
    channel.getServers().map(([address, port]) => `${isIPv6(address) ? `[${address}]` : address}:${port}`),
  )
  return channelOf(resolver)
}

function channelOf(resolver: dns.Resolver): Channel {
  return (resolver as unknown as { _handle: Channel })._handle
}

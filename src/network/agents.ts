// Connection pools never cross networks: a connection that stays alive after one test must not serve the next one, or the one beside it.
import http from 'node:http'
import https from 'node:https'
import { current } from './current.ts'
import { shared } from './shared.ts'

/** The part of undici's Agent that is needed here; its class is reachable through the global dispatcher only. */
type Agent = { dispatch: unknown; destroy(): Promise<void> }
type AgentClass = new (options?: unknown) => Agent

const outside = 0
/** A request without a network of its own gets a connection of its own, which the shim refuses. */
const refused = -1

/** Agents of undici by network, each for the agent that it stands for. */
const agents = shared('agents', () => new Map<number, Map<Agent, Agent>>())
const ours = shared('dispatchers', () => new WeakSet<object>())

/** Where undici keeps its global dispatcher: 1 up to undici 7 (Node 25), 2 since (both are set, the first one through a wrapper). */
const places = [Symbol.for('undici.globalDispatcher.2'), Symbol.for('undici.globalDispatcher.1')]

function networkId(): number {
  const where = current()
  if (where.kind === 'network') return where.network.id
  return where.kind === 'refused' ? refused : outside
}

const mark = Symbol.for('vitest-environment-socket-wrapper.network')
type Marked = { [mark]?: number }

/**
 * http.Agent finds a free connection by its name: the name gets the network. The id is kept on the options, which the agent carries along
 * with the socket, since it asks again for the name when the socket becomes free, in whatever context that is.
 */
export function patchHttpAgents(): () => void {
  const original = http.Agent.prototype.getName
  http.Agent.prototype.getName = function getName(options?: Parameters<typeof original>[0]): string {
    const name = Reflect.apply(original, this, [options])
    const marked = options as (Marked & object) | undefined
    const id = marked?.[mark] ?? networkId()
    if (id === outside) return name
    if (marked !== undefined && Object.isExtensible(marked)) marked[mark] = id
    return `${name}:network-${id}`
  }
  return () => {
    http.Agent.prototype.getName = original
  }
}

/**
 * Puts a dispatcher with one Agent per network in the place of each global one that is an ordinary Agent. A dispatcher that a user has set
 * on purpose (a mock, a proxy) stays.
 * @param load - brings undici in when it is not there yet: ~60 ms (measured on Node 20), so only where two networks meet.
 */
export function adoptDispatchers(load: boolean): void {
  if (load) void globalThis.Response
  const holder = globalThis as { [place: symbol]: unknown }
  for (const place of places) {
    const found = holder[place]
    if (typeof found !== 'object' || found === null || ours.has(found)) continue
    const kind = found.constructor as AgentClass
    if (kind.name === 'Agent') {
      holder[place] = perNetwork(found as Agent)
    } else if (kind.name === 'Dispatcher1Wrapper') {
      const wrapper = new kind(holder[places[0] as symbol])
      ours.add(wrapper)
      holder[place] = wrapper
    }
  }
}

/** The agent itself outside of networks; inside, another one of its class with its options. */
function perNetwork(agent: Agent): object {
  const target = (): Agent => {
    const id = networkId()
    if (id === outside) return agent
    const own = agents.get(id) ?? new Map<Agent, Agent>()
    agents.set(id, own)
    const found = own.get(agent) ?? new (agent.constructor as AgentClass)(optionsOf(agent))
    own.set(agent, found)
    return found
  }
  const proxy = new Proxy(agent, {
    get(_, property) {
      const real = target()
      const value: unknown = Reflect.get(real, property, real)
      return typeof value === 'function' ? value.bind(real) : value
    },
  })
  ours.add(proxy)
  return proxy
}

function optionsOf(agent: Agent): unknown {
  const symbol = Object.getOwnPropertySymbols(agent).find((each) => each.description === 'options')
  return symbol === undefined ? undefined : { ...(agent as unknown as Record<symbol, object>)[symbol] }
}

/** Ends the connections that the pools hold in a network, requests in flight included. */
export function destroyAgents(network: number): void {
  for (const agent of agents.get(network)?.values() ?? []) void agent.destroy().catch(() => undefined)
  agents.delete(network)
  const suffix = `:network-${network}`
  for (const agent of [http.globalAgent, https.globalAgent]) {
    for (const [name, sockets] of Object.entries(agent.freeSockets)) {
      if (name.endsWith(suffix)) for (const socket of sockets ?? []) socket.destroy()
    }
  }
}

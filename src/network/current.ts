// Which network is meant right now. Sequential tests have the whole thread; a concurrent test has its async context only.
import { AsyncLocalStorage } from 'node:async_hooks'
import { isMainThread } from 'node:worker_threads'
import { native } from '../native.ts'
import type { CoreNetwork } from './network.ts'
import { shared } from './shared.ts'

type State = {
  readonly context: AsyncLocalStorage<CoreNetwork>
  sequential: CoreNetwork | null
  readonly concurrent: Set<CoreNetwork>
}

const state = shared<State>('current', () => ({
  context: new AsyncLocalStorage<CoreNetwork>(),
  sequential: null,
  concurrent: new Set(),
}))

/**
 * `network`: sockets and names belong to it. `outside`: the real network. `refused`: concurrent tests run and this code belongs to none of
 * them, or to one that has ended: reaching any network would be a guess.
 */
export type Current =
  | { readonly kind: 'network'; readonly network: CoreNetwork }
  | { readonly kind: 'outside' }
  | { readonly kind: 'refused'; readonly ended: CoreNetwork | null }

export function current(): Current {
  const own = state.context.getStore()
  if (own !== undefined) return own.isOpen ? { kind: 'network', network: own } : { kind: 'refused', ended: own }
  if (state.sequential !== null) return { kind: 'network', network: state.sequential }
  return state.concurrent.size > 0 ? { kind: 'refused', ended: null } : { kind: 'outside' }
}

/** Calls with the thread in the network of the running code, which a concurrent test's thread is not. */
export function inContext<Result>(call: () => Result): Result {
  const wanted = idOf(current())
  const thread = threadId()
  if (wanted === thread) return call()
  native.enterNetwork(wanted)
  try {
    return call()
  } finally {
    native.enterNetwork(thread)
  }
}

/** Brings the thread into a network for the time of a test. Code outside of concurrent tests is refused while there are any. */
export function enter(network: CoreNetwork): void {
  if (network.isConcurrent) state.concurrent.add(network)
  else state.sequential = network
  apply()
}

export function leave(network: CoreNetwork): void {
  state.concurrent.delete(network)
  if (state.sequential === network) state.sequential = null
  apply()
}

/** Runs `body` so that everything it starts, also later and asynchronously, belongs to `network`. */
export function runIn<Result>(network: CoreNetwork, body: () => Result): Result {
  return state.context.run(network, body)
}

function apply(): void {
  native.enterNetwork(threadId())
  // Threads of native addons follow the test. In a worker thread the process belongs to vitest and to the other workers as well.
  if (isMainThread) native.enterNetworkForProcess(state.sequential?.id ?? outside)
}

const outside = 0
const refused = -1

function threadId(): number {
  return state.sequential?.id ?? (state.concurrent.size > 0 ? refused : outside)
}

function idOf(where: Current): number {
  if (where.kind === 'network') return where.network.id
  return where.kind === 'refused' ? refused : outside
}

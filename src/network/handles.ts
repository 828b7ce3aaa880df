// The handles below net and dgram. A call that makes a socket is made with the thread in the network of the running code, and what a test
// leaves open is closed with its network: the shim shuts its sockets down, and a handle that still listens would spin on that.
import dgram from 'node:dgram'
import net from 'node:net'
import { current, inContext } from './current.ts'
import { shared } from './shared.ts'

type Handle = { readonly fd?: number; close(): void }
type Method = (this: Handle, ...values: unknown[]) => unknown
type Closable = { close(): unknown }

/** Methods which may open a socket, by handle. */
const streamMethods = ['bind', 'bind6', 'connect', 'connect6', 'listen', 'open']
const datagramMethods = ['bind', 'bind6', 'connect', 'connect6', 'send', 'send6', 'open']

/** Handles that were opened in a network, by its id. */
const opened = shared('handles', () => new Map<number, Set<WeakRef<Handle>>>())

export function patchHandles(): () => void {
  const undo = [...wrap(streamPrototype(), streamMethods), ...wrap(datagramPrototype(), datagramMethods)]
  return () => undo.forEach((each) => each())
}

function wrap(prototype: Record<string, unknown>, names: readonly string[]): (() => void)[] {
  return names.flatMap((name) => {
    const original = prototype[name]
    if (typeof original !== 'function') return []
    const method = original as Method
    const wrapped: Method = function (...values) {
      remember(this)
      return inContext(() => Reflect.apply(method, this, values))
    }
    prototype[name] = wrapped
    return [() => void (prototype[name] = original)]
  })
}

const known = shared('known handles', () => new WeakSet<Handle>())

function remember(handle: Handle): void {
  if (known.has(handle)) return
  const where = current()
  if (where.kind !== 'network') return
  known.add(handle)
  const handles = opened.get(where.network.id) ?? new Set()
  opened.set(where.network.id, handles)
  handles.add(new WeakRef(handle))
}

/** Closes what is still open: servers and datagram sockets first, so that no new connection comes, then streams. */
export function closeHandles(network: number): void {
  const left = [...(opened.get(network) ?? [])].map((reference) => ownerOf(reference.deref()))
  opened.delete(network)
  for (const owner of left) {
    if (owner instanceof net.Server) owner.close()
    else if (owner instanceof net.Socket) owner.destroy()
    else if (owner instanceof dgram.Socket) closeDatagram(owner)
  }
}

function closeDatagram(socket: Closable): void {
  try {
    socket.close()
  } catch {
    // It was closed by its owner.
  }
}

/** The net.Server, net.Socket or dgram.Socket of a handle. Node keeps it under a symbol of its own. */
function ownerOf(handle: Handle | undefined): unknown {
  if (handle === undefined) return undefined
  const symbol = Object.getOwnPropertySymbols(handle).find((each) => each.description === 'owner_symbol')
  return symbol === undefined ? undefined : (handle as unknown as Record<symbol, unknown>)[symbol]
}

/** A connection whose name is never resolved has a handle, and no descriptor yet. */
function streamPrototype(): Record<string, unknown> {
  const socket = net.connect({ host: 'nowhere', port: 1, lookup: () => undefined })
  const handle = (socket as unknown as { _handle: object })._handle
  socket.destroy()
  return Object.getPrototypeOf(handle) as Record<string, unknown>
}

function datagramPrototype(): Record<string, unknown> {
  const socket = dgram.createSocket('udp4')
  const handle = datagramHandle(socket)
  socket.close()
  return Object.getPrototypeOf(handle) as Record<string, unknown>
}

/** The handle of a datagram socket, which Node keeps in a state of its own. */
export function datagramHandle(socket: dgram.Socket): Handle {
  const symbol = Object.getOwnPropertySymbols(socket).find((each) => each.description === 'state symbol')
  const state = symbol === undefined ? undefined : (socket as unknown as Record<symbol, { handle: Handle }>)[symbol]
  return state?.handle ?? { close: () => undefined }
}

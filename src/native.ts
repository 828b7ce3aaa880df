// The only file that knows where the built native parts are: the addon, the preload library and the guard.

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SocketWrapperError } from './errors.ts'
import {
  arenaLayout,
  envelopeLayout,
  hostLayout,
  infoLayout,
  processLayout,
  recordLayout,
  socketLayout,
} from './wire/layout.gen.ts'

/** An arena that was opened; freed by `closeArena` or the garbage collector. */
export type ArenaHandle = { readonly __brand: 'arena' }

export type UnixSocketType = 'stream' | 'datagram' | 'seqpacket'

export type ArenaShape = {
  /** The three counts are powers of two. */
  readonly records: number
  readonly sockets: number
  readonly processes: number
  readonly abstractClients: boolean
  /** All processes write CAPTURE_FILE, which must be there. Standard: false. */
  readonly isCaptured?: boolean
}

export type Received = {
  readonly bytes: Buffer
  readonly descriptors: number[]
  /** The message was longer than `maxBytes`, or brought more descriptors than fit. */
  readonly truncated: boolean
}

export type Native = {
  createArena(dir: string, shape: ArenaShape): void
  openArena(dir: string): ArenaHandle
  closeArena(arena: ArenaHandle): void
  /** Adds a name to interface `number` (1..64). */
  addHost(arena: ArenaHandle, number: number, name: string): void
  addProcess(arena: ArenaHandle, pid: number, parent: number, host: number, flags: number, program: string): void
  /** A copy of the head (arena.def) as it is now. */
  readHead(arena: ArenaHandle): Buffer
  /** The infos (info.def) of all sockets in the registry, each one whole. */
  readSockets(arena: ArenaHandle): Buffer
  /** The used rows (process.def) of the process table. */
  readProcesses(arena: ArenaHandle): Buffer
  /**
   * A native thread takes the journal's records (record.def) as they come, also while JavaScript is blocked; the callback gets them in order.
   * Returns a function that delivers what is left and stops. Never keeps the event loop alive.
   */
  follow(arena: ArenaHandle, onRecords: (records: Buffer) => void): () => void
  /** Gives the follower's callback, before it returns, everything that was published until now. */
  drain(arena: ArenaHandle): void

  /** Opens a network in this process; returns its id. `passthrough`: comma-separated `address[/prefix][:port]` and `name=address`. */
  openNetwork(dir: string, host: number, passthrough: string): number
  /** Shuts down every socket of the network in this process. */
  closeNetwork(id: number): void
  /** The calling thread's network: an id, 0 for none, -1 for none and no new sockets either (EACCES). Returns the one before. */
  enterNetwork(id: number): number
  /** The network of threads that have entered none (a native addon's own), 0 for none. Returns the one before. */
  enterNetworkForProcess(id: number): number
  /** Brings the shim into this process, for all that is loaded now or later. Idempotent. */
  install(): void
  /** The info (info.def) of a descriptor, undefined for what is not a socket of a network. */
  descriptorInfo(fd: number): Buffer | undefined

  /** The kernel's identity of a socket, the same for all its descriptors in all processes. */
  cookie(fd: number): bigint
  /** The n of `socket:[n]`. */
  socketInode(fd: number): bigint
  /** The inodes of TCP, UDP and other inet sockets that a process holds; empty when it is gone or another user's. */
  inetSockets(pid: number): bigint[]
  /** Whether two descriptors are copies of one. */
  sameFile(pidA: number, fdA: number, pidB: number, fdB: number): boolean

  /** Two connected unix sockets, close-on-exec. They block, since one of them is for a program. */
  socketPair(type: UnixSocketType): [number, number]
  /** Close-on-exec and non-blocking. A path that begins with a zero byte is an abstract name. */
  connectUnix(path: string, type: UnixSocketType): number
  listenUnix(path: string, type: UnixSocketType): number
  accept(fd: number): Promise<number>
  /** Waits for room without a thread. At most 252 descriptors; a stream needs at least one byte beside them. */
  send(fd: number, descriptors: readonly number[], bytes: Uint8Array): Promise<void>
  /** No bytes and no descriptors: the other end is closed. The received descriptors are close-on-exec. */
  receive(fd: number, maxBytes: number): Promise<Received>
  /** Closes; what waits for the descriptor is rejected with code ECANCELED. */
  closeDescriptor(fd: number): void
}

type Entered = { readonly path: string; readonly calls: readonly string[] }

const layouts = {
  info: infoLayout,
  envelope: envelopeLayout,
  record: recordLayout,
  process: processLayout,
  host: hostLayout,
  socket: socketLayout,
  arena: arenaLayout,
}

type Addon = Omit<Native, 'install'> & {
  openShim(path: string): void
  install(): Entered[]
  /** Sizes in bytes of the structs with which it was compiled. */
  readonly sizes: Readonly<Record<keyof typeof layouts, number>>
}

function built(what: string, file: string): string {
  // The same from src/ and from dist/.
  const path = fileURLToPath(new URL(`../native/build/Release/${file}`, import.meta.url))
  if (!existsSync(path))
    throw new SocketWrapperError('NATIVE_MISSING', { what, tried: [{ place: path, reason: 'no such file' }] })
  return path
}

/** The library for LD_PRELOAD. */
export const shimPath: string = built('preload library', 'libshim.so')
/** The program that ends what is left of a worker's networks. */
export const guardPath: string = built('guard', 'guard')
const addonPath = built('addon', 'addon.node')

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function load(): Addon {
  let addon: Addon
  try {
    addon = createRequire(import.meta.url)(addonPath) as Addon
    addon.openShim(shimPath)
  } catch (cause) {
    // Built for another C library or processor, or a program without dynamic loading.
    throw new SocketWrapperError(
      'NODE_NOT_ENTERABLE',
      { node: process.execPath, reason: `its dynamic linker says "${reasonOf(cause)}"` },
      { cause },
    )
  }
  for (const [name, layout] of Object.entries(layouts)) {
    const size = addon.sizes[name as keyof typeof layouts]
    if (size !== layout.size)
      throw new SocketWrapperError('NATIVE_MISSING', {
        what: 'addon of this version',
        tried: [{ place: addonPath, reason: `its ${name} has ${size} bytes instead of ${layout.size}` }],
      })
  }
  return addon
}

// One of each group must go through the shim, else a test would reach the real network without notice.
const NEEDED = [['socket'], ['connect'], ['bind'], ['listen'], ['accept4', 'accept'], ['getsockname']]

/** Debian links Node's core and libuv as libraries; elsewhere both are in the program. */
function isNodeItself(path: string): boolean {
  return path === '' || /^lib(?:node|uv)\.so/.test(basename(path))
}

/** What of NEEDED no slot of Node itself names. */
export function missingCalls(entered: readonly Entered[]): string[] {
  const calls = new Set(entered.filter((object) => isNodeItself(object.path)).flatMap((object) => object.calls))
  return NEEDED.filter((names) => !names.some((name) => calls.has(name))).map((names) => names.join(' or '))
}

function install(addon: Addon): void {
  const missing = missingCalls(addon.install())
  if (missing.length > 0)
    throw new SocketWrapperError('NODE_NOT_ENTERABLE', {
      node: process.execPath,
      reason: `it has no relocation slots for ${missing.join(', ')}`,
    })
}

const addon = load()

export const native: Native = { ...addon, install: () => install(addon) }

// A unix socket over which the test itself sends and receives descriptors.
import dgram from 'node:dgram'
import net from 'node:net'
import { SocketWrapperError } from '../errors.ts'
import { native } from '../native.ts'
import { show } from '../options/table.ts'
import { decodeInfo, type SocketInfo } from '../wire/info.ts'
import { datagramHandle } from './handles.ts'

export type ChannelType = 'stream' | 'datagram' | 'seqpacket'

/** What can be sent: a socket of Node that is open, or the number of any descriptor. */
export type Sendable = net.Socket | net.Server | dgram.Socket | number

/** A descriptor that arrived. It is the test's to close, or to turn into one of Node's sockets, which then owns it. */
export type Received = {
  readonly fd: number
  /** The recreated info; null when it is no socket of a network. */
  readonly info: SocketInfo | null
  asNetSocket(): net.Socket
  /** Resolves when it accepts. */
  asServer(onConnection?: (socket: net.Socket) => void): Promise<net.Server>
  /** Resolves when it receives. */
  asDatagramSocket(): Promise<dgram.Socket>
  close(): void
}

export type Message = {
  /** Empty with no descriptors: the other end is closed. */
  readonly bytes: Buffer
  readonly descriptors: readonly Received[]
  /** Bytes or descriptors were cut off. */
  readonly isTruncated: boolean
}

export type Channel = AsyncDisposable & {
  /** Number of the test's own end. */
  readonly fd: number
  /** The other end, for the `stdio` of a spawn; -1 for a channel that was connected, or once a process has it. */
  readonly remote: number
  closeRemote(): void
  /** Resolves when the message is in the kernel. The sent sockets stay open here. */
  send(sockets: readonly Sendable[], bytes?: Uint8Array | string): Promise<void>
  /** @param maxBytes - of the data; standard 65536. */
  receive(maxBytes?: number): Promise<Message>
  close(): void
}

export type ChannelListener = AsyncDisposable & { readonly fd: number; accept(): Promise<Channel>; close(): void }

/** Enough for any message that carries descriptors along with a few words. */
const standardBytes = 65536

export function createChannel(type: ChannelType): Channel {
  const [own, remote] = native.socketPair(type)
  return channelOn(own, remote)
}

export function connectChannel(path: string, type: ChannelType): Channel {
  return channelOn(native.connectUnix(path, type), -1)
}

export function listenChannel(path: string, type: ChannelType): ChannelListener {
  const fd = native.listenUnix(path, type)
  const calls = createCalls()
  const close = once(() => {
    calls.end()
    native.closeDescriptor(fd)
  })
  return {
    fd,
    accept: () => calls.whileOpen('accept', async () => channelOn(await native.accept(fd), -1)),
    close,
    [Symbol.asyncDispose]: async () => close(),
  }
}

/** The calls that wait on a descriptor. At its close they fail with ECANCELED: nobody needs to listen, and who does is told why. */
function createCalls() {
  const waiting = new Set<Promise<unknown>>()
  let isOpen = true
  return {
    whileOpen<Result>(what: string, act: () => Promise<Result>): Promise<Result> {
      const run = async (): Promise<Result> => {
        if (!isOpen) throw new SocketWrapperError('CHANNEL_CLOSED', { what })
        try {
          return await act()
        } catch (cause) {
          throw isOpen ? cause : new SocketWrapperError('CHANNEL_CLOSED', { what }, { cause })
        }
      }
      const promise: Promise<Result> = run().finally(() => waiting.delete(promise))
      waiting.add(promise)
      return promise
    },
    end(): void {
      isOpen = false
      for (const promise of waiting) promise.catch(() => undefined)
    },
  }
}

function channelOn(fd: number, other: number): Channel {
  let remote = other
  const calls = createCalls()
  const closeRemote = (): void => {
    if (remote >= 0) native.closeDescriptor(remote)
    remote = -1
  }
  const close = once(() => {
    calls.end()
    closeRemote()
    native.closeDescriptor(fd)
  })
  return {
    fd,
    get remote() {
      return remote
    },
    closeRemote,
    send: (sockets, bytes = '\0') =>
      calls.whileOpen('send', async () =>
        native.send(fd, sockets.map(descriptorOf), typeof bytes === 'string' ? Buffer.from(bytes) : bytes),
      ),
    receive: (maxBytes = standardBytes) =>
      calls.whileOpen('receive', async () => {
        const { bytes, descriptors, truncated } = await native.receive(fd, maxBytes)
        return { bytes, descriptors: descriptors.map(receivedOf), isTruncated: truncated }
      }),
    close,
    [Symbol.asyncDispose]: async () => close(),
  }
}

function receivedOf(fd: number): Received {
  const bytes = native.descriptorInfo(fd)
  const info = bytes === undefined ? null : decodeInfo(bytes)
  const requireType = (type: SocketInfo['type'], wanted: string): void => {
    if (info?.type === type) return
    throw new SocketWrapperError('WRONG_SOCKET', {
      fd,
      wanted,
      found: info === null ? 'no socket of a network' : `a ${info.type} socket`,
    })
  }
  return {
    fd,
    info,
    asNetSocket() {
      requireType('stream', 'net.Socket')
      return new net.Socket({ fd })
    },
    asServer(onConnection) {
      requireType('stream', 'net.Server')
      const server = net.createServer(onConnection)
      return new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen({ fd }, () => resolve(server))
      })
    },
    asDatagramSocket() {
      requireType('datagram', 'dgram.Socket')
      const socket = dgram.createSocket(info?.family === 'IPv6' ? 'udp6' : 'udp4')
      return new Promise((resolve, reject) => {
        socket.once('error', reject)
        socket.bind({ fd }, () => resolve(socket))
      })
    },
    close: once(() => native.closeDescriptor(fd)),
  }
}

/** The number of its descriptor; undefined when it is not open. */
export function findDescriptor(value: Sendable): number | undefined {
  const fd = typeof value === 'number' ? value : handleOf(value)?.fd
  return fd !== undefined && Number.isInteger(fd) && fd >= 0 ? fd : undefined
}

function descriptorOf(value: Sendable): number {
  const fd = findDescriptor(value)
  if (fd !== undefined) return fd
  throw new SocketWrapperError('NOT_A_DESCRIPTOR', {
    value: typeof value === 'object' ? `a ${value?.constructor.name ?? 'null'} without a descriptor` : show(value),
  })
}

/** Node keeps the descriptor's number on its own handle. */
function handleOf(value: Exclude<Sendable, number>): { readonly fd?: number } | undefined {
  if (value instanceof dgram.Socket) return datagramHandle(value)
  return (value as { _handle?: { fd?: number } | null } | null)?._handle ?? undefined
}

function once(act: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    act()
  }
}

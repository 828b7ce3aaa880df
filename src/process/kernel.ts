// What the kernel says, against which the journal is checked. Each answer costs a look into /proc, so it is asked only where a rule needs it, and once.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessRow } from '../wire/arena.ts'
import { findHolders, type SocketHolder } from './holders.ts'
import { isAlive } from './tree.ts'

export type Kernel = {
  /** False for a zombie, too: the journal can't know of one that was killed. */
  isAlive(pid: number): boolean
  /** The descriptors of a process that are the socket with this inode. */
  descriptorsOf(pid: number, inode: bigint): readonly number[]
  /** What the epoll descriptors of a process wait for. */
  registrationsOf(pid: number): readonly Registration[]
  /** Pids of the network's processes that hold a pipe. */
  holdersOfPipe(inode: bigint): readonly number[]
  /** Names of sockets in the network's directory that no socket has. */
  deadNames(): readonly DeadName[]
}

/** `inode` is the socket's that the number stood for when it was registered. */
export type Registration = { readonly epoll: number; readonly fd: number; readonly inode: bigint }

/** Where the socket of a name was. */
export type DeadName = {
  readonly path: string
  readonly protocol: 'tcp' | 'udp'
  readonly host: number
  readonly port: number
}

/** @param rows - the process table of the network. */
export function askKernel(rows: readonly ProcessRow[], dir: string): Kernel {
  const byPid = new Map(rows.map((row) => [row.pid, row]))
  let holders: Map<bigint, SocketHolder[]> | undefined
  return {
    isAlive(pid) {
      const row = byPid.get(pid)
      return row !== undefined && isAlive(row)
    },
    descriptorsOf(pid, inode) {
      holders ??= findHolders(rows)
      return (holders.get(inode) ?? []).filter((holder) => holder.pid === pid).map(({ fd }) => fd)
    },
    registrationsOf: once(readRegistrations),
    holdersOfPipe: (inode) =>
      rows.flatMap(({ pid }) => (linksOf(pid).some(([, to]) => to === `pipe:[${inode}]`) ? [pid] : [])),
    deadNames: () => readDeadNames(dir),
  }
}

function once<Result>(ask: (pid: number) => Result): (pid: number) => Result {
  const known = new Map<number, Result>()
  return (pid) => {
    const answer = known.get(pid) ?? ask(pid)
    known.set(pid, answer)
    return answer
  }
}

/** Descriptors and what they are, as /proc shows them; none of a process that is gone. */
function linksOf(pid: number): [fd: string, to: string][] {
  const fds = attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? []
  return fds.flatMap((fd): [string, string][] => {
    const to = attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`))
    return to === undefined ? [] : [[fd, to]]
  })
}

/** Lines `tfd: 12 events: 19 data: 5 pos:0 ino:1a2b sdev:8` of proc(5)'s fdinfo; the inode is in hexadecimal. */
function readRegistrations(pid: number): Registration[] {
  return linksOf(pid).flatMap(([epoll, to]) => {
    if (to !== 'anon_inode:[eventpoll]') return []
    const text = attempt(() => readFileSync(`/proc/${pid}/fdinfo/${epoll}`, 'latin1')) ?? ''
    return [...text.matchAll(/^tfd:\s*(\d+)\b.*\bino:([0-9a-f]+)/gm)].map(([, fd, inode]) => ({
      epoll: Number(epoll),
      fd: Number(fd),
      inode: BigInt(`0x${inode}`),
    }))
  })
}

const protocols = { T: 'tcp', X: 'tcp', U: 'udp', Y: 'udp' } as const

/** Names as native/shim/name.h makes them, also those of the private loopbacks. */
function readDeadNames(dir: string): DeadName[] {
  const living = new Set(
    readFileSync('/proc/net/unix', 'latin1')
      .split('\n')
      .map((line) => line.slice(line.lastIndexOf(' ') + 1)),
  )
  const entries = attempt(() => readdirSync(dir, { withFileTypes: true, recursive: true })) ?? []
  return entries.flatMap((entry) => {
    const path = join(entry.parentPath, entry.name)
    const [, letter, host, port] = /^([TUXY])([0-9A-F]{2})([0-9A-F]{4})(?:[0-9A-F]{2})?$/i.exec(entry.name) ?? []
    if (!entry.isSocket() || letter === undefined || living.has(path)) return []
    const loopback = /\/lo([0-9a-f]{2})$/i.exec(entry.parentPath)?.[1]
    const protocol = protocols[letter.toUpperCase() as keyof typeof protocols]
    return [
      { path, protocol, host: Number.parseInt(loopback ?? host ?? '', 16), port: Number.parseInt(port ?? '', 16) },
    ]
  })
}

function attempt<Result>(read: () => Result): Result | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

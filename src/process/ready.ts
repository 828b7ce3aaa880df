// When a process is ready: an event of the journal, a line of its output, or its end; and at once why it never will be.
import { getSystemErrorName } from 'node:util'
import { SocketWrapperError } from '../errors.ts'
import { clearTimeout, monotonicNs, setTimeout } from '../network/clock.ts'
import type { JournalEvent } from '../wire/events.ts'
import type { SocketAddress, SocketInfo } from '../wire/info.ts'
import type { Output } from './output.ts'

/**
 * What to wait for. `listen`: it or a child of it listens. `udp-bind`: a datagram socket is bound. `{ port }`: either, on that port. A RegExp:
 * a line of its stdout or stderr. `exit`: it ends. `spawned`: it came under the shim.
 */
export type Ready = 'listen' | 'udp-bind' | 'exit' | 'spawned' | RegExp | { readonly port: number }

export const allowedReady = "'listen', 'udp-bind', 'exit', 'spawned', a RegExp or { port } from 1 to 65535"

/** Types do not reach everybody: nothing would ever make a process ready that waits for 'listens' or for port '80'. */
export function isReady(value: unknown): value is Ready {
  if (typeof value === 'string') return ['listen', 'udp-bind', 'exit', 'spawned'].includes(value)
  if (value instanceof RegExp) return true
  if (typeof value !== 'object' || value === null || !('port' in value)) return false
  const { port } = value
  return typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65535
}

/** Where events come from. `drain` delivers what is published already before it returns. */
export type Events = { subscribe(listener: (event: JournalEvent) => void): () => void; drain(): void }

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

/** What made a process ready. */
export type Readiness = {
  /** The socket that listens or is bound; null for the other ways. */
  readonly socket: SocketInfo | null
  /** The process of that socket: the started one, or a child of it. */
  readonly pid: number
  /** CLOCK_MONOTONIC of the listen or bind itself; else of the news. */
  readonly timeNs: bigint
}

export type Waiting = {
  readonly pid: number
  readonly program: string
  readonly ready: Ready
  readonly timeoutMs: number
  readonly events: Events
  readonly exited: Promise<Exit>
  readonly stdout: Output
  readonly stderr: Output
  /** Names the process that has the address of a refused bind; empty when nobody knows. */
  holderOf(refusal: JournalEvent): string
  /** Whether a child of these lives on after the started process: a daemon's parent exits by design. */
  isAnyAlive(pids: ReadonlySet<number>): boolean
}

/** The report of an uncaught error of Node has about 25. */
const shownLines = 40
/** For what is still in the pipe when the process has ended. */
const outputGraceMs = 200

export function waitUntilReady(waiting: Waiting): Promise<Readiness> {
  const { pid, program, ready, timeoutMs, events, exited } = waiting
  const family = new Set([pid])
  const seen: string[] = []
  let isUnderShim = false
  const executed = new Map<number, string>()
  let refusal: { event: JournalEvent; holder: string } | undefined
  let line: string | undefined
  const expected = describe(ready)

  return new Promise<Readiness>((resolve, reject) => {
    const undo: (() => void)[] = []
    let isSettled = false
    let ended: Exit | undefined
    const settle = (act: () => void): void => {
      undo.forEach((each) => each())
      act()
    }
    const succeed = (): void => settle(() => resolve({ socket: null, pid, timeNs: monotonicNs() }))
    /** Errors show the last lines, which may come after the news of the end. */
    const fail = (error: (written: { stderr: string[]; stdout: string[] }) => SocketWrapperError): void => {
      const { stdout, stderr } = waiting
      const tell = (): void =>
        reject(error({ stderr: stderr.lastLines(shownLines), stdout: stdout.lastLines(shownLines) }))
      settle(() => void Promise.all([stdout.settled(outputGraceMs), stderr.settled(outputGraceMs)]).then(tell))
    }
    const failOutside = (how: string): void =>
      fail((written) => {
        const last = isUnderShim ? `its last program, "${executed.get(pid)}"` : 'its program'
        const reason = `the loader did not take it for ${last} ${outsideReasons}`
        return new SocketWrapperError('NOT_UNDER_SHIM', { program, pid, how, reason, ...written })
      })

    const onEvent = (event: JournalEvent): void => {
      if ((event.op === 'processFork' || event.op === 'processStart') && family.has(event.detail)) family.add(event.pid)
      if (!family.has(event.pid)) return
      // A process tells of its exec before; the start afterwards says that the new program has loaded the shim. An exec may also fail.
      if (event.op === 'processExec') executed.set(event.pid, event.text)
      else executed.delete(event.pid)
      isUnderShim ||= event.op === 'processStart'
      // The holder is asked for now: it may be gone when this process has ended.
      if (event.op === 'bind' && event.result < 0) refusal = { event, holder: waiting.holderOf(event) }
      if (event.op === 'bind' || event.op === 'listen') seen.push(describeEvent(event))
      const parent = ended
      if (isReadyBy(ready, event)) settle(() => resolve({ socket: event.info, pid: event.pid, timeNs: event.timeNs }))
      else if (isUnderShim && (ready === 'spawned' || line !== undefined)) succeed()
      else if (parent !== undefined && event.op === 'processExit') onExit(parent)
    }
    const onLine = (text: string): void => {
      if (!(ready instanceof RegExp) || line !== undefined || !matches(ready, text)) return
      line = text
      events.drain()
      if (isUnderShim) succeed()
    }
    const onExit = (exit: Exit): void => {
      if (ended === undefined) events.drain()
      if (isSettled) return
      ended = exit
      const how = describeExit(exit)
      if (!isUnderShim || executed.has(pid)) return failOutside(how)
      if (ready === 'exit') return succeed()
      if (exit.code === 0 && waiting.isAnyAlive(family)) return // a daemon: its child goes on
      const refused = refusal
      if (refused === undefined || exit.code === 0) {
        return fail(
          (written) => new SocketWrapperError('EXITED_BEFORE_READY', { program, pid, how, expected, ...written }),
        )
      }
      fail(
        (written) =>
          new SocketWrapperError('ADDRESS_REFUSED', {
            program,
            pid,
            how,
            ...describeRefusal(refused.event, refused.holder),
            ...written,
          }),
      )
    }
    const onTimeout = (): void => {
      events.drain()
      if (!isUnderShim || executed.has(pid)) return failOutside(`runs since ${timeoutMs} ms`)
      for (const [child, text] of executed)
        seen.push(`exec of "${text}" (pid ${child}), which never came under the shim`)
      fail(
        (written) => new SocketWrapperError('READY_TIMEOUT', { program, pid, timeoutMs, expected, seen, ...written }),
      )
    }

    undo.push(
      () => (isSettled = true),
      events.subscribe((event) => void (isSettled || onEvent(event))),
    )
    const timer = setTimeout(onTimeout, timeoutMs)
    undo.push(() => clearTimeout(timer))
    if (ready instanceof RegExp) undo.push(waiting.stdout.onLine(onLine), waiting.stderr.onLine(onLine))
    const awaitExit = async (): Promise<void> => {
      const exit = await exited
      // What it wrote last may still be in the pipe.
      if (ready instanceof RegExp || ready === 'exit')
        await Promise.all([waiting.stdout.settled(outputGraceMs), waiting.stderr.settled(outputGraceMs)])
      if (!isSettled) onExit(exit)
    }
    void awaitExit()
  })
}

const outsideReasons = '(a static binary, file capabilities, an exec that failed)'

function isReadyBy(ready: Ready, event: JournalEvent): boolean {
  if (event.result < 0 || event.info === null) return false
  const isListening = event.op === 'listen'
  const isBound = event.op === 'bind' && event.info.type === 'datagram'
  if (ready === 'listen') return isListening
  if (ready === 'udp-bind') return isBound
  return (
    typeof ready === 'object' && 'port' in ready && (isListening || isBound) && event.info.local?.port === ready.port
  )
}

/** A RegExp with the flag g or y remembers where it was. */
function matches(pattern: RegExp, text: string): boolean {
  pattern.lastIndex = 0
  return pattern.test(text)
}

function describe(ready: Ready): string {
  if (ready === 'listen') return 'listened'
  if (ready === 'udp-bind') return 'bound a datagram socket'
  if (ready === 'exit') return 'ended'
  if (ready === 'spawned') return 'came under the shim'
  return ready instanceof RegExp ? `wrote a line like ${String(ready)}` : `listened on port ${ready.port}`
}

function describeExit(exit: Exit): string {
  return exit.signal === null ? `ended with code ${exit.code}` : `was ended by ${exit.signal}`
}

function describeEvent(event: JournalEvent): string {
  const result = event.result < 0 ? ` gave ${getSystemErrorName(event.result)}` : ''
  const type = event.info?.protocol ?? 'socket'
  return `${event.op} ${type} ${event.info?.local ? showAddress(event.info.local) : ''}${result}`
}

function describeRefusal(event: JournalEvent, holder: string): { address: string; reason: string; holder: string } {
  return {
    address: event.info?.local ? showAddress(event.info.local) : 'an address',
    reason: getSystemErrorName(event.result),
    holder,
  }
}

function showAddress({ family, address, port }: SocketAddress): string {
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
}

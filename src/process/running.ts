// A process in a network, from its readiness to its end.
import type { ChildProcess } from 'node:child_process'
import type { Writable } from 'node:stream'
import { SocketWrapperError } from '../errors.ts'
import { clearTimeout, nowMs, setTimeout } from '../network/clock.ts'
import type { CoreNetwork } from '../network/network.ts'
import type { SocketAddress } from '../wire/info.ts'
import type { ProcessRow } from '../wire/arena.ts'
import type { Output } from './output.ts'
import type { Exit, Readiness } from './ready.ts'
import { endProcesses, familyOf, isAlive, readProcesses } from './tree.ts'

export type Running = AsyncDisposable & {
  readonly pid: number
  /** Name of the program, as messages have it. */
  readonly program: string
  readonly command: readonly string[]
  /** Name of its host. */
  readonly host: string
  /** Where it listens, or where its datagram socket is bound; null when something else made it ready. */
  readonly address: SocketAddress | null
  readonly port: number | null
  readonly ready: Readiness
  /** From the start to the readiness, in ms. */
  readonly readyAfterMs: number
  readonly stdin: Writable | null
  readonly stdout: Output
  readonly stderr: Output
  /** Node's own object: `send` and `message` of a forked module. */
  readonly child: ChildProcess
  /** Never rejects. */
  readonly exited: Promise<Exit>
  /** null while it runs. */
  readonly exit: Exit | null
  /** Pids of it and of its living descendants. */
  pids(): number[]
  /** False when it has ended. */
  signal(signal: NodeJS.Signals): boolean
  /** SIGTERM, and SIGKILL after `stopAfterMs`; its descendants end too. Returns how the process itself ended. */
  stop(): Promise<Exit>
}

export type StartedChild = ChildProcess & { readonly pid: number }

/** A process that was started: what is known before it is ready. */
export type Started = {
  readonly network: CoreNetwork
  readonly host: string
  readonly program: string
  readonly command: readonly string[]
  readonly child: StartedChild
  readonly stdout: Output
  readonly stderr: Output
  readonly exited: Promise<Exit>
  readonly stopAfterMs: number
  readonly startedAtMs: number
}

export function createRunning(started: Started, readiness: Readiness): Running {
  const { child, network, exited } = started
  const pid = child.pid
  let exit: Exit | null = null
  void exited.then((value) => (exit = value))
  let stopping: Promise<Exit> | undefined
  const stop = (): Promise<Exit> => (stopping ??= stopStarted(started))
  const local = readiness.socket?.local ?? null
  return {
    pid,
    program: started.program,
    command: started.command,
    host: started.host,
    address: local,
    port: local?.port ?? null,
    ready: readiness,
    readyAfterMs: nowMs() - started.startedAtMs,
    stdin: child.stdin,
    stdout: started.stdout,
    stderr: started.stderr,
    child,
    exited,
    get exit() {
      return exit
    },
    pids: () =>
      familyOf(readProcesses(network.arena), pid)
        .filter(isAlive)
        .map((row) => row.pid),
    signal: (signal) => child.kill(signal),
    stop,
    [Symbol.asyncDispose]: () => stop().then(() => undefined),
  }
}

/** The main process first: a server with workers ends them in its own order. Then whoever of its descendants is left. */
export async function stopStarted(started: Started): Promise<Exit> {
  const { child, network, exited, stopAfterMs } = started
  const deadline = nowMs() + stopAfterMs
  // Closed pipes would end a process that still writes before it got the signal.
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopAfterMs)
  const exit = await exited
  clearTimeout(timer)
  const family = (): ProcessRow[] =>
    familyOf(readProcesses(network.arena), child.pid).filter((row) => row.pid !== child.pid)
  const left = await endProcesses(family, Math.max(0, deadline - nowMs()))
  const [first] = left
  if (first !== undefined) throw new SocketWrapperError('PROCESS_STAYS', { program: first.program, pid: first.pid })
  return exit
}

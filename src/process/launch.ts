// Starts a program in a network and waits until it is ready.
import childProcess from 'node:child_process'
import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import process from 'node:process'
import { SocketWrapperError } from '../errors.ts'
import { show } from '../options/table.ts'
import { type RuleLevel, ruleLevels } from '../rules.ts'
import type { Channel } from '../network/channel.ts'
import { nowMs } from '../network/clock.ts'
import type { HostEntry } from '../network/hosts.ts'
import { type CoreNetwork, environmentOf } from '../network/network.ts'
import { findAddressHolder } from './holders.ts'
import { findLoadable } from './loadable.ts'
import { captureOutput } from './output.ts'
import { allowedReady, type Events, type Exit, isReady, type Ready, waitUntilReady } from './ready.ts'
import { createRunning, type Running, type Started, type StartedChild, stopStarted } from './running.ts'
import { hasLivingChild, readProcesses } from './tree.ts'
import type { JournalEvent } from '../wire/events.ts'

export type StdioEntry = 'pipe' | 'ignore' | 'inherit' | 'ipc' | number | Channel | null | undefined

export type SpawnOptions = {
  /** On top of the environment of the test; undefined takes a variable away. */
  env?: Record<string, string | undefined>
  cwd?: string
  /** Standard: three pipes. A channel gives the process its other end, with the index as descriptor number. */
  stdio?: readonly StdioEntry[]
  /** Standard: 'listen'. */
  ready?: Ready
  readyTimeoutMs?: number
  stopAfterMs?: number
  /** `'accept'`: it and its children may accept from a listener that was passed, beside others (rule R4). */
  share?: 'accept'
  /** Descriptors that they may inherit over exec and never use (rules L6, L7). */
  inherit?: readonly number[]
  /** What becomes of their leaks (rules L1 to L10). Standard: the level of each rule. */
  leaks?: RuleLevel
}

export type ForkOptions = SpawnOptions & {
  /** Options of node itself; standard: none. */
  execArgv?: readonly string[]
}

export type Launch = {
  readonly network: CoreNetwork
  readonly host: HostEntry
  readonly events: Events
  readonly command: string
  readonly args: readonly string[]
  readonly options: SpawnOptions
  readonly readyTimeoutMs: number
  /** Throws when the network has ended or is about to. */
  requireOpen(): void
  /** Who ends the network must end the process also when it never gets ready. */
  onStart(stop: () => Promise<Exit>): void
}

export async function launch(request: Launch): Promise<Running> {
  const { network, command, args, options, events } = request
  checkRequest(request)
  const cwd = resolve(options.cwd ?? process.cwd())
  const env = environmentFor(request)
  const file = await findLoadable(command, { cwd, env })
  const place = await stat(cwd).catch(() => null)
  if (place === null || !place.isDirectory())
    throw new SocketWrapperError('SPAWN_FAILED', { command, cwd, reason: 'the directory does not exist' })
  // From here to onStart at a stretch: a process that the network's end does not know would outlive it.
  request.requireOpen()
  if (!existsSync(network.dir)) throw new SocketWrapperError('DIRECTORY_GONE', { dir: network.dir })
  const startedAtMs = nowMs()
  const child = start(request, { cwd, env, file })
  const started: Started = {
    network,
    host: request.host.name,
    program: programName(command, args),
    command: [command, ...args],
    child,
    stdout: captureOutput(child.stdout),
    stderr: captureOutput(child.stderr),
    exited: new Promise((settle) => child.once('exit', (code, signal) => settle({ code, signal }))),
    stopAfterMs: options.stopAfterMs ?? network.options.stopAfterMs,
    startedAtMs,
  }
  if (child.pid === undefined) {
    const { message } = await new Promise<Error>((settle) => child.once('error', settle))
    throw new SocketWrapperError('SPAWN_FAILED', { command, cwd, reason: message })
  }
  request.onStart(() => stopStarted(started))
  child.on('error', () => undefined) // a kill or a message that came too late
  child.stdin?.on('error', () => undefined) // EPIPE after the end
  try {
    const readiness = await waitUntilReady({
      ...started,
      pid: child.pid,
      ready: options.ready ?? 'listen',
      timeoutMs: request.readyTimeoutMs,
      events,
      holderOf: (refusal) => nameHolder(network, refusal),
      isAnyAlive: (pids) => hasLivingChild(readProcesses(network.arena), pids, child.pid),
    })
    return createRunning(started, readiness)
  } catch (error) {
    await stopStarted(started)
    throw error
  }
}

const allowing: {
  readonly [Name in 'share' | 'inherit' | 'leaks']: [allowed: string, check: (value: unknown) => boolean]
} = {
  share: ['"accept"', (value) => value === 'accept'],
  inherit: ['a list of descriptor numbers', (value) => Array.isArray(value) && value.every(isDescriptor)],
  leaks: ['"off", "warn" or "fail"', (value) => ruleLevels.some((level) => level === value)],
}
const allowingNames = Object.keys(allowing) as (keyof typeof allowing)[]
const knownOptions = ['env', 'cwd', 'stdio', 'ready', 'readyTimeoutMs', 'stopAfterMs', ...allowingNames, 'execArgv']

function isDescriptor(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0
}

function checkRequest({ command, args, options }: Launch): void {
  const refuse = (option: string, allowed: string, value: unknown): never => {
    throw new SocketWrapperError('SPAWN_OPTION_INVALID', { option, allowed, value: show(value) })
  }
  // Types do not reach everybody.
  if (typeof command !== 'string' || command === '') refuse('command', 'a name or a path', command)
  if (!Array.isArray(args) || args.some((arg) => typeof arg !== 'string')) refuse('args', 'an array of strings', args)
  const unknown = Object.keys(options).find((name) => !knownOptions.includes(name))
  if (unknown !== undefined)
    refuse(
      unknown,
      `left out (there are ${knownOptions.join(', ')})`,
      Object.entries(options).find(([name]) => name === unknown)?.[1],
    )
  for (const name of allowingNames) {
    const [allowed, check] = allowing[name]
    if (options[name] !== undefined && !check(options[name])) refuse(name, allowed, options[name])
  }
  const { ready, readyTimeoutMs, stopAfterMs } = options
  if (ready !== undefined && !isReady(ready)) refuse('ready', allowedReady, ready)
  const isTime = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value < 2 ** 31
  if (readyTimeoutMs !== undefined && !(isTime(readyTimeoutMs) && readyTimeoutMs > 0))
    refuse('readyTimeoutMs', 'a positive number of milliseconds', readyTimeoutMs)
  if (stopAfterMs !== undefined && !isTime(stopAfterMs)) refuse('stopAfterMs', 'a number of milliseconds', stopAfterMs)
}

function environmentFor({ network, host, options }: Launch): NodeJS.ProcessEnv {
  const own = { ...process.env, ...options.env }
  return { ...own, ...environmentOf(network, host, own) }
}

type Resolved = { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly file: string }

function start({ command, args, options }: Launch, { cwd, env, file }: Resolved): StartedChild {
  const stdio = [...(options.stdio ?? [])]
  while (stdio.length < 3) stdio.push('pipe')
  const child = childProcess.spawn(file, args, {
    cwd,
    env,
    argv0: command,
    // A session of its own: Ctrl+C in the terminal is for vitest, which then ends its processes in order.
    detached: true,
    stdio: stdio.map((entry) => (isChannel(entry) ? entry.remote : entry)),
  })
  for (const entry of stdio) if (isChannel(entry)) entry.closeRemote()
  return child as StartedChild
}

function isChannel(entry: StdioEntry): entry is Channel {
  return typeof entry === 'object' && entry !== null
}

/** `server.js` says more than `node`, `redis-server` more than its path. */
function programName(command: string, args: readonly string[]): string {
  const script = args.find((arg) => /^[^-].*\.([cm]?[jt]s|py|rb|pl|sh)$/.test(arg))
  return [basename(command), ...(script === undefined ? [] : [basename(script)])].join(' ')
}

function nameHolder(network: CoreNetwork, { detail, info }: JournalEvent): string {
  const pid = detail || (info === null ? undefined : findAddressHolder(network, info)?.pid)
  if (pid === undefined) return ''
  const row = readProcesses(network.arena).find((each) => each.pid === pid)
  if (row?.isTest) return `the test itself (pid ${pid})`
  return row === undefined ? `pid ${pid}` : `"${row.program}" (pid ${pid})`
}

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const programs = join(root, 'test/programs')
const cache = join(root, 'node_modules/.cache/socket-wrapper-programs')
const flags = ['-D_GNU_SOURCE', '-std=gnu11', '-O1', '-g', '-Wall', '-Wextra', '-Werror']

/** The preload library that is tested; a sanitizer build of it is named by a variable. */
export const shimUnderTest = process.env['TEST_SHIM'] ?? join(root, 'native/build/Release/libshim.so')

/** Debian's library, whose processes ours must talk to. */
const referenceLibrary = ['x86_64', 'aarch64', 'riscv64', 'powerpc64le', 's390x']
  .map((cpu) => `/usr/lib/${cpu}-linux-gnu/libsocket_wrapper.so`)
  .find((path) => existsSync(path))

export type Result = {
  readonly lines: readonly string[]
  /** `exit 0`, `SIGABRT`, … */
  readonly status: string
  readonly stderr: string
}

export type Command = {
  readonly command: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  readonly cwd?: string
  readonly timeoutMs?: number
  /** As the user 65534, which only root may ask for. */
  readonly asNobody?: boolean
}

/** The test's own environment without anything that would put a program into a network. */
export function plainEnvironment(): Record<string, string> {
  const plain: Record<string, string> = {}
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && name !== 'LD_PRELOAD' && !/^(VITEST_)?SOCKET_WRAPPER_/.test(name)) plain[name] = value
  }
  return plain
}

/** A program that runs; what it writes can be waited for. */
export type Started = {
  readonly pid: number
  /** Resolves with the first output, on either stream, that matches; rejects when the program ends without. */
  waitFor(pattern: RegExp): Promise<string>
  readonly ended: Promise<Result>
  /** To its standard input. */
  write(text: string): void
  /** Ends it, if it has not ended by itself. */
  stop(): Promise<Result>
}

export function start({
  command,
  args = [],
  env = {},
  input,
  cwd,
  timeoutMs = 25_000,
  asNobody = false,
}: Command): Started {
  const child = spawn(command, args, {
    env: { ...plainEnvironment(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    ...(cwd === undefined ? {} : { cwd }),
    ...(asNobody ? { uid: 65534, gid: 65534 } : {}),
  })
  const output = { stdout: '', stderr: '' }
  const waiting = new Set<() => void>()
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text
      for (const look of waiting) look()
    })
  }
  child.stdin.on('error', () => {}) // it may end without having read anything
  if (input !== undefined) child.stdin.end(input)
  const ended = new Promise<Result>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      resolve({
        lines: output.stdout.split('\n').slice(0, -1),
        status: signal ?? `exit ${String(code)}`,
        stderr: output.stderr,
      })
      for (const look of waiting) look()
    })
  })
  ended.catch(() => {}) // whoever waits hears of it
  return {
    pid: child.pid ?? -1,
    ended,
    write: (text) => void child.stdin.write(text),
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(output.stdout)?.[0] ?? pattern.exec(output.stderr)?.[0]
          if (match !== undefined) resolve(match)
          else if (child.exitCode !== null || child.signalCode !== null)
            reject(new Error(`${command} ended: ${output.stdout}${output.stderr}`))
          else return
          waiting.delete(look)
        }
        waiting.add(look)
        ended.then(look, reject)
        look()
      }),
    stop: () => {
      child.kill('SIGKILL')
      return ended
    },
  }
}

/** Runs a program to its end. */
export function run({ input = '', ...command }: Command): Promise<Result> {
  return start({ input, ...command }).ended
}

const compiled = new Map<string, Promise<string>>()

/** Path of the executable of test/programs/<name>.c, or of `../findings/<name>`; built once per content of its sources. */
export function compileProgram(name: string): Promise<string> {
  const known = compiled.get(name) ?? build(name)
  compiled.set(name, known)
  return known
}

async function build(name: string): Promise<string> {
  const source = join(programs, `${name}.c`)
  const text = readFileSync(source, 'utf8')
  const own = /^ \* cc: (.*?)(?: \*\/)?$/m.exec(text)?.[1]?.split(' ') ?? []
  const headers = [programs, join(programs, 'under'), dirname(source)].flatMap((folder) =>
    readdirSync(folder).flatMap((name) => (name.endsWith('.h') ? [join(folder, name)] : [])),
  )
  const content = [text, ...headers.map((path) => readFileSync(path, 'utf8')), ...flags, ...own].join('\0')
  const directory = join(cache, createHash('sha256').update(content).digest('hex').slice(0, 16))
  const target = join(directory, basename(name))
  if (existsSync(target)) return target
  await mkdir(directory, { recursive: true })
  const draft = `${target}.${String(process.pid)}`
  const result = await run({ command: 'cc', args: [...flags, source, '-o', draft, ...own], timeoutMs: 60_000 })
  if (result.status !== 'exit 0') throw new Error(`cc ${source} ended with ${result.status}\n${result.stderr}`)
  await rename(draft, target) // two runs may build at once: each sees a whole file
  return target
}

/** A directory for one test, with a path as short as the names of sockets need. */
export async function withDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const base = tmpdir().length <= 40 ? tmpdir() : '/tmp'
  const directory = await mkdtemp(join(base, 'sw-'))
  try {
    return await use(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Makes the arena of a network in `directory`, with the hosts 1, 2, … of these names. */
export async function createArena(directory: string, hosts: readonly string[] = ['test']): Promise<void> {
  const { native } = await import('../src/native.ts')
  native.createArena(directory, { records: 4096, sockets: 1024, processes: 256, abstractClients: true })
  const arena = native.openArena(directory)
  hosts.forEach((name, index) => native.addHost(arena, index + 1, name))
  native.closeArena(arena)
}

/** What a sanitizer build of the shim needs in front of it, and its settings; see scripts/sanitizers.mjs. */
const sanitizer = process.env['TEST_SHIM_PRELOAD_FIRST']
export const sanitizerEnvironment: Readonly<Record<string, string>> =
  sanitizer === undefined ? {} : { ASAN_OPTIONS: 'detect_leaks=0:handle_abort=0' }

/** LD_PRELOAD of a process under our shim. */
export const shimPreload = sanitizer === undefined ? shimUnderTest : `${sanitizer}:${shimUnderTest}`

/** The command that programs under the shim are run by, with its arguments; see scripts/sanitizers.mjs. */
const runner = process.env['TEST_RUNNER']?.split(' ') ?? []

/** Environment of a process under our shim. */
export function shimEnvironment(
  directory: string,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    ...sanitizerEnvironment,
    LD_PRELOAD: shimPreload,
    SOCKET_WRAPPER_DIR: directory,
    SOCKET_WRAPPER_DEFAULT_IFACE: '1',
    ...more,
  }
}

/** Environment of a process under Debian's library. */
export function referenceEnvironment(
  directory: string,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  if (referenceLibrary === undefined)
    throw new Error('libsocket_wrapper.so is not installed: run scripts/servers.sh as root')
  return { LD_PRELOAD: referenceLibrary, SOCKET_WRAPPER_DIR: directory, SOCKET_WRAPPER_DEFAULT_IFACE: '1', ...more }
}

export type Place =
  /** Real loopback. */
  | 'kernel'
  /** In a network, on another host than the first. */
  | 'second host'
  /** The shim alone, as a plain wrapper. */
  | 'bare'
  /** The shim in a network of ours: 10.53.57.0, an arena. */
  | 'network'
  /** The shim alone, with a capture. */
  | 'captured'

export type ProgramResult = Result & {
  /** Lines of the shim's log. */
  readonly log: string
  /** Names of sockets that the program left in the directory. */
  readonly left: readonly string[]
  /** Files with datagrams that nobody has read. */
  readonly waiting: readonly string[]
  /** The capture; empty without. */
  readonly capture: Buffer
}

export async function runProgram(
  name: string,
  place: Place,
  args: readonly string[] = [],
  timeoutMs?: number,
): Promise<ProgramResult> {
  const limit = timeoutMs === undefined ? {} : { timeoutMs }
  const command = await compileProgram(name)
  if (place === 'kernel')
    return { ...(await run({ command, args, ...limit })), log: '', left: [], waiting: [], capture: Buffer.alloc(0) }
  return withDirectory(async (directory) => {
    const network = join(directory, 'n')
    await chmod(directory, 0o711) // as the bases of real networks
    await mkdir(network, 0o700)
    if (place === 'bare') await chmod(network, 0o777)
    const isNetwork = place === 'network' || place === 'second host'
    if (isNetwork) await createArena(network, ['test', 'web'])
    const log = join(directory, 'log')
    const env = shimEnvironment(network, {
      VITEST_SOCKET_WRAPPER_LOG: log,
      ...(isNetwork ? { SOCKET_WRAPPER_IPV4_NETWORK: '10.53.57.0' } : {}),
      ...(place === 'second host' ? { SOCKET_WRAPPER_DEFAULT_IFACE: '2' } : {}),
      ...(place === 'captured' ? { SOCKET_WRAPPER_PCAP_FILE: join(directory, 'x.pcap') } : {}),
    })
    const [first = command, ...rest] = [...runner, command, ...args]
    const result = await run({ command: first, args: rest, env, ...limit })
    return {
      ...result,
      log: await readFile(log, 'utf8').catch(() => ''),
      left: await socketNames(network),
      waiting: (await readdir(network)).filter((entry) => /^q[0-9a-f]{16}$/.test(entry)),
      capture: await readFile(join(directory, 'x.pcap')).catch(() => Buffer.alloc(0)),
    }
  })
}

/** The names of sockets in a network's directory, with those of private loopbacks. */
export async function socketNames(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true })
  return entries.filter((entry) => /^[TUXY]([0-9A-F]{6}|[0-9A-F]{10})$/.test(basename(entry))).sort()
}

/** Names of all programs in test/programs and its directories. */
export async function programNames(): Promise<string[]> {
  const files = await readdir(programs, { recursive: true })
  return files
    .filter((file) => file.endsWith('.c'))
    .map((file) => file.slice(0, -'.c'.length))
    .sort()
}

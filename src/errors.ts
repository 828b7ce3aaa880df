// Every message of the package, in one table: a code, what a reader needs to know, and the sentence made of it.

type Tried = { readonly place: string; readonly reason: string }

function list(lines: readonly string[]): string {
  return lines.map((line) => `\n  - ${line}`).join('')
}

/** The last lines of what a process wrote. */
type Written = { readonly stderr: readonly string[]; readonly stdout: readonly string[] }

/** Of stdout only where nothing else tells. */
function lastLines({ stderr, stdout }: Written): string {
  const show = (stream: string, lines: readonly string[]): string =>
    `Last lines of its ${stream}:${lines.map((line) => `\n  | ${line}`).join('')}`
  if (stderr.length > 0) return show('stderr', stderr)
  return stdout.length > 0 ? `Its stderr is empty. ${show('stdout', stdout)}` : 'It has written nothing.'
}

function named(program: string, pid: number): string {
  return `Process "${program}" (pid ${pid})`
}

type Escaped = {
  readonly program: string
  readonly pid: number
  readonly reason: string
  readonly advice: string
  readonly sockets: readonly string[]
}

function describeEscape({ program, pid, reason, advice, sockets }: Escaped): string {
  const held = sockets.length === 0 ? '' : ` It holds ${sockets.join(', ')} of the real network.`
  return `${named(program, pid)} ${reason}.${held} ${advice}`
}

const messages = {
  OPTIONS_INVALID: (d: { problems: readonly string[] }) =>
    `environmentOptions['socket-wrapper'] is not usable:${list(d.problems)}`,
  PLATFORM_UNSUPPORTED: (d: { platform: string }) =>
    `The environment "socket-wrapper" needs Linux, this is "${d.platform}". Skip these tests there, or run them in a Linux container.`,
  NATIVE_MISSING: (d: { what: string; tried: readonly Tried[] }) =>
    `The ${d.what} of vitest-environment-socket-wrapper is not there. Run "npm rebuild vitest-environment-socket-wrapper" (needs a C compiler and Python). Looked in:${list(d.tried.map((t) => `${t.place}: ${t.reason}`))}`,
  NODE_NOT_ENTERABLE: (d: { node: string; reason: string }) =>
    `The test's own process, ${d.node}, can't be brought into a network: ${d.reason}. Use a Node that is linked dynamically against glibc (the builds of nodejs.org, npm's "node" package, Debian).`,
  VM_POOL: (d: { environment: string }) =>
    `The environment "${d.environment}" can't reach the tests of a vm pool by itself. Use \`pool: 'forks'\` or \`pool: 'threads'\`, or add the plugin: \`import socketWrapper from 'vitest-environment-socket-wrapper/plugin'\` and \`plugins: [socketWrapper()]\`.`,
  ENVIRONMENT_MISSING: (d: { what: string }) =>
    `${d.what} needs the environment: set \`test: { environment: 'socket-wrapper' }\` in vitest.config, or begin the file with \`// @vitest-environment socket-wrapper\`.`,

  DIRECTORY_UNUSABLE: (d: { tried: readonly Tried[] }) =>
    `No directory for a network can be made. A base must be writable and its path short, since a unix socket's path has 107 bytes at most. Tried:${list(d.tried.map((t) => `${t.place}: ${t.reason}`))}`,
  ARENA_UNUSABLE: (d: { dir: string; sizeBytes: number; reason: string }) =>
    `The arena (${d.sizeBytes} bytes) of the network in ${d.dir} can't be made: ${d.reason}. Make room there, or set environmentOptions['socket-wrapper'].arena to smaller numbers.`,
  DIRECTORY_GONE: (d: { dir: string }) =>
    `The network's directory ${d.dir} was removed while the test used it. Only the environment removes it, after the test.`,
  NETWORK_CLOSED: (d: { what: string; dir: string }) =>
    `${d.what} came after the end of its test: the network in ${d.dir} is closed. Await everything that a test starts.`,
  WIRE_INVALID: (d: { what: string; field: string; value: number | string; allowed: string }) =>
    `The ${d.what} has ${d.field} ${d.value}; allowed: ${d.allowed}. Something else than the shim of this package wrote it.`,
  JOURNAL_INCOMPLETE: (d: { what: string; lost: number; limit: number; option: string }) =>
    `The network's record is incomplete: ${d.lost} ${d.what} found no room (limit ${d.limit}), so nothing can be said about this test. Raise environmentOptions['socket-wrapper'].arena.${d.option}.`,

  HOST_NAME_INVALID: (d: { name: string; reason: string }) =>
    `Host name ${d.name} is not usable: ${d.reason}. A name has 1 to 63 letters, digits and hyphens, begins and ends with a letter or digit, and may have dots between such parts.`,
  HOSTS_EXHAUSTED: (d: { name: string; limit: number; names: readonly string[] }) =>
    `Host "${d.name}" finds no number: a network has at most ${d.limit} hosts, and this one has ${d.names.join(', ')}.`,

  SPAWN_OPTION_INVALID: (d: { option: string; allowed: string; value: string }) =>
    `Option "${d.option}" of a spawn must be ${d.allowed}, got ${d.value}.`,
  COMMAND_NOT_FOUND: (d: { command: string; path: readonly string[] }) =>
    `Command "${d.command}" is not found. ${d.path.length === 0 ? 'The path names a file, and there is none.' : `Looked in the PATH of the process:${list(d.path)}`}`,
  COMMAND_NOT_LOADABLE: (d: { command: string; file: string; reason: string; advice: string }) =>
    `Command "${d.command}" can't run in the network: ${d.file} ${d.reason}. ${d.advice}`,
  SPAWN_FAILED: (d: { command: string; cwd: string; reason: string }) =>
    `Command "${d.command}" can't be started in ${d.cwd}: ${d.reason}.`,
  NOT_UNDER_SHIM: (d: { program: string; pid: number; how: string; reason: string } & Written) =>
    `${named(d.program, d.pid)} ${d.how}, and is not under the shim: ${d.reason}. Whatever it opened was on the real network. ${lastLines(d)}`,
  EXITED_BEFORE_READY: (d: { program: string; pid: number; how: string; expected: string } & Written) =>
    `${named(d.program, d.pid)} ${d.how} before it ${d.expected}. ${lastLines(d)}`,
  ADDRESS_REFUSED: (
    d: { program: string; pid: number; how: string; address: string; reason: string; holder: string } & Written,
  ) =>
    `${named(d.program, d.pid)} ${d.how}: bind to ${d.address} gave ${d.reason}${d.holder === '' ? '' : `, held by ${d.holder}`}. ${lastLines(d)}`,
  READY_TIMEOUT: (
    d: { program: string; pid: number; timeoutMs: number; expected: string; seen: readonly string[] } & Written,
  ) =>
    `${named(d.program, d.pid)} never ${d.expected} within ${d.timeoutMs} ms. ${d.seen.length === 0 ? 'It has bound no socket.' : `What it did instead:${list(d.seen)}`}\n${lastLines(d)}\nRaise readyTimeoutMs, or say with \`ready\` what to wait for.`,
  PROCESS_ESCAPED: (d: { escapes: readonly Escaped[] }) =>
    `T1: not everything that this test started is in its network.${list(d.escapes.map(describeEscape))}\nTo let such processes be: environmentOptions['socket-wrapper'].rules = { T1: 'off' }.`,
  RULES_BROKEN: (d: { rules: readonly string[]; findings: readonly string[] }) =>
    `Sockets of this test leaked, or were used by two processes (${d.rules.join(', ')}).\n\n${d.findings.join('\n\n')}`,
  PROCESS_STAYS: (d: { program: string; pid: number }) => `${named(d.program, d.pid)} is still there after SIGKILL.`,

  PASS_TIMEOUT: (d: { filter: string; timeoutMs: number; seen: readonly string[] }) =>
    `No pass${d.filter} was received within ${d.timeoutMs} ms. ${d.seen.length === 0 ? 'The network has seen no pass at all.' : `Passes of the network so far:${list(d.seen)}`}`,
  CHANNEL_CLOSED: (d: { what: string }) => `${d.what}: the channel is closed.`,
  NOT_A_DESCRIPTOR: (d: { value: string }) =>
    `A channel sends a net.Socket, net.Server or dgram.Socket that is open, or the number of a descriptor; got ${d.value}.`,
  WRONG_SOCKET: (d: { fd: number; wanted: string; found: string }) =>
    `Descriptor ${d.fd} can't be used as a ${d.wanted}: it is ${d.found}.`,

  MATCHER_SUBJECT: (d: { matcher: string; wanted: string; value: string }) =>
    `${d.matcher} takes ${d.wanted}; got ${d.value}.`,

  USAGE: (d: { problem: string; usage: string }) => `${d.problem}\n\n${d.usage}`,
}

export type ErrorCode = keyof typeof messages
export type ErrorDetails<Code extends ErrorCode> = Parameters<(typeof messages)[Code]>[0]

/** What goes wrong in this package. `code` names the kind, `details` has the values of the message as data. */
export class SocketWrapperError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'SocketWrapperError'
  readonly code: Code
  /** Not enumerable: the message has it all, and vitest prints the fields of an error. */
  declare readonly details: ErrorDetails<Code>

  constructor(code: Code, details: ErrorDetails<Code>, options?: ErrorOptions) {
    // One table holds functions of different details: the pair (code, details) was checked by the parameters above.
    const message = messages[code] as (details: ErrorDetails<Code>) => string
    super(message(details), options)
    this.code = code
    Object.defineProperty(this, 'details', { value: details })
  }
}

/** Also true for an error that another copy of this module made: a linked package is loaded twice. */
export function isSocketWrapperError(error: unknown): error is SocketWrapperError {
  return error instanceof Error && error.name === 'SocketWrapperError' && 'code' in error && 'details' in error
}

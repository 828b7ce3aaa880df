// The options of the environment: one table says for each its standard value, what is allowed, and how it is checked.
import { isIP, isIPv4, isIPv6 } from 'node:net'
import { SocketWrapperError } from './errors.ts'

/** Sizes of a network's arena. Its file has about 240 bytes a record, 344 a socket, 64 a process. */
export type ArenaOptions = {
  /** Events that wait to be read. Standard: 4096. */
  records?: number
  /** Sockets that live at the same time. Standard: 1024. */
  sockets?: number
  /** Processes of one test, ended ones included. Standard: 512. */
  processes?: number
}

/** What stands under `environmentOptions['socket-wrapper']`. */
export type SocketWrapperOptions = {
  /**
   * Real addresses that a test and its processes may reach: `address[/prefix][:port]`, IPv6 in brackets. Or a host name, which stands for
   * the addresses that it has when the environment starts. Standard: none.
   */
  passthrough?: string[]
  /** When the directory of a network stays after its test. Standard: `'failure'`. */
  keep?: 'failure' | 'always' | 'never'
  /**
   * Records what goes over the network in `capture.pcapng` of its directory, which then stays: of failed tests, or of all.
   * Standard: `false`.
   */
  capture?: false | 'failure' | 'always'
  /** Hosts that every network has from the start, numbered from 2 in this order. Standard: none. */
  hosts?: string[]
  /** How long a process may take to become ready. Standard: until shortly before the test's own timeout. */
  readyTimeoutMs?: number
  /** How long a process may take to end after SIGTERM, before SIGKILL. Standard: 2000. */
  stopAfterMs?: number
  /**
   * What becomes of a test that leaves a process outside of its network with sockets of the real one. Standard: `'fail'`.
   */
  escapes?: 'fail' | 'ignore'
  arena?: ArenaOptions
  /** File for the log lines of the shim. Standard: `log` in the network's directory. */
  log?: string
}

export type Escapes = 'fail' | 'ignore'
export type Keep = 'failure' | 'always' | 'never'
export type Capture = false | 'failure' | 'always'

/** The options after checking, all filled in. */
export type Options = {
  readonly passthrough: readonly string[]
  readonly keep: Keep
  readonly capture: Capture
  readonly hosts: readonly string[]
  /** null: derived from the test's own timeout. */
  readonly readyTimeoutMs: number | null
  readonly stopAfterMs: number
  readonly escapes: Escapes
  readonly arena: { readonly records: number; readonly sockets: number; readonly processes: number }
  /** null: `log` in the network's directory. */
  readonly log: string | null
}

type Rule<Value> = {
  readonly standard: Value
  readonly allowed: string
  readonly check: (value: unknown) => Value | undefined
}
type Rules<Shape> = { readonly [Name in keyof Shape]: Rule<Shape[Name]> }

const escapes: readonly Escapes[] = ['fail', 'ignore']
const keeps: readonly Keep[] = ['failure', 'always', 'never']
const captures: readonly Capture[] = [false, 'failure', 'always']
const maxDelayMs = 2 ** 31 - 1 // the longest delay of setTimeout

function whole(standard: number, least: number, most: number): Rule<number> {
  return {
    standard,
    allowed: `a whole number from ${least} to ${most}`,
    check: (value) =>
      typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most ? value : undefined,
  }
}

/** Sizes of the arena's tables are powers of two: the next one is taken. */
function size(standard: number): Rule<number> {
  const rule = whole(standard, 16, 2 ** 20)
  return {
    ...rule,
    check: (value) => {
      const checked = rule.check(value)
      return checked === undefined ? undefined : 2 ** Math.ceil(Math.log2(checked))
    },
  }
}

function texts(value: unknown, fits: (text: string) => boolean): readonly string[] | undefined {
  return Array.isArray(value) && value.every((text): text is string => typeof text === 'string' && fits(text))
    ? value
    : undefined
}

const arenaRules: Rules<Options['arena']> = { records: size(4096), sockets: size(1024), processes: size(512) }

const rules: Rules<Omit<Options, 'arena'>> = {
  passthrough: {
    standard: [],
    allowed:
      'a list of texts like "192.0.2.1", "10.0.0.0/8", "127.0.0.1:5432", "[::1]:80" or "registry.example", at most 32',
    check: (value) => {
      const found = texts(value, (text) => parsePassthrough(text) !== null)
      return found !== undefined && found.length <= 32 ? found : undefined
    },
  },
  keep: {
    standard: 'failure',
    allowed: '"failure", "always" or "never"',
    check: (value) => keeps.find((keep) => keep === value),
  },
  capture: {
    standard: false,
    allowed: 'false, "failure" or "always"',
    check: (value) => captures.find((capture) => capture === value),
  },
  hosts: {
    standard: [],
    allowed: 'a list of at most 63 host names, like "web" or "api.example"',
    check: (value) => {
      const found = texts(
        value,
        (text) => hostName.test(text) && isIP(text) === 0 && text.toLowerCase() !== 'localhost',
      )
      return found !== undefined && found.length <= 63 ? found : undefined
    },
  },
  readyTimeoutMs: {
    ...whole(0, 1, maxDelayMs),
    standard: null,
    allowed: `a whole number of milliseconds from 1 to ${maxDelayMs}`,
  },
  stopAfterMs: { ...whole(2000, 0, maxDelayMs), allowed: `a whole number of milliseconds from 0 to ${maxDelayMs}` },
  escapes: {
    standard: 'fail',
    allowed: '"fail" or "ignore"',
    check: (value) => escapes.find((escape) => escape === value),
  },
  log: {
    standard: null,
    allowed: 'an absolute path of a file',
    check: (value) => (typeof value === 'string' && value.startsWith('/') && !value.includes('\0') ? value : undefined),
  },
}

/** An entry of `passthrough`: an address in the form that the shim reads, or a name that is still to be resolved. */
export type Passthrough =
  | { readonly kind: 'address'; readonly text: string }
  | { readonly kind: 'name'; readonly name: string; readonly port: string }

const hostName = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i

/** null: neither an address nor a name. The shim wants the prefix inside the brackets: `[fd00::/8]:80`. */
export function parsePassthrough(text: string): Passthrough | null {
  if (isIPv6(text)) return { kind: 'address', text: `[${text}]` }
  const bracketed = /^\[([^\]/]+)(?:\/(\d{1,3}))?\](?:\/(\d{1,3}))?(?::(\d{1,5}))?$/.exec(text)
  const plain = /^([^:/]+)(?:\/(\d{1,3}))?(?::(\d{1,5}))?$/.exec(text)
  const [host, prefix, port] = bracketed
    ? [bracketed[1], bracketed[2] ?? bracketed[3], bracketed[4]]
    : [plain?.[1], plain?.[2], plain?.[3]]
  if (host === undefined || Number(port ?? 0) > 65535) return null
  const portText = port === undefined ? '' : `:${port}`
  const prefixText = prefix === undefined ? '' : `/${prefix}`
  if (bracketed) {
    const fits = isIPv6(host) && Number(prefix ?? 0) <= 128
    return fits ? { kind: 'address', text: `[${host}${prefixText}]${portText}` } : null
  }
  if (isIPv4(host)) return Number(prefix ?? 0) <= 32 ? { kind: 'address', text } : null
  const isName = hostName.test(host) && !/^[\d.]+$/.test(host) && prefix === undefined
  return isName ? { kind: 'name', name: host.toLowerCase(), port: portText } : null
}

/** A value as its user wrote it, short enough for a message. */
export function show(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  const text = typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value))
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

function nearest(name: string, names: readonly string[]): string {
  const like = names.find((known) => known.toLowerCase() === name.toLowerCase() || distance(known, name) <= 2)
  return like === undefined ? '' : ` Did you mean "${like}"?`
}

/** Letters to change, add or drop between two words (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

function parseTable<Shape extends object>(
  raw: unknown,
  prefix: string,
  table: Rules<Shape>,
  others: readonly string[],
  problems: string[],
): Shape {
  const names = Object.keys(table) as (keyof Shape & string)[]
  const given = new Map<string, unknown>()
  if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) {
    for (const [name, value] of Object.entries(raw)) if (value !== undefined) given.set(name, value)
  } else if (raw !== undefined) {
    problems.push(
      `${prefix === '' ? 'The whole' : `Option "${prefix.slice(0, -1)}"`} must be an object, got ${show(raw)}.`,
    )
  }
  const known: readonly string[] = [...names, ...others]
  for (const [name, value] of given) {
    if (known.includes(name)) continue
    problems.push(
      `Option "${prefix}${name}" (value ${show(value)}) is not known.${nearest(name, known)} Known are ${known.map((each) => `"${prefix}${each}"`).join(', ')}.`,
    )
  }
  const parsed: Partial<Shape> = {}
  for (const name of names) {
    const rule = table[name]
    const value = given.get(name)
    const checked = value === undefined ? rule.standard : rule.check(value)
    if (checked === undefined) problems.push(`Option "${prefix}${name}" must be ${rule.allowed}, got ${show(value)}.`)
    else parsed[name] = checked
  }
  return parsed as Shape // complete unless there are problems, and then nobody sees it
}

/**
 * Checks what a user wrote and fills in what is left out.
 * @throws SocketWrapperError `OPTIONS_INVALID` with all problems at once.
 */
export function parseOptions(raw: unknown): Options {
  const problems: string[] = []
  const flat = parseTable(raw, '', rules, ['arena'], problems)
  const rawArena = typeof raw === 'object' && raw !== null && 'arena' in raw ? raw.arena : undefined
  const arena = parseTable(rawArena, 'arena.', arenaRules, [], problems)
  if (problems.length > 0) throw new SocketWrapperError('OPTIONS_INVALID', { problems })
  return { ...flat, arena }
}

// The options of the environment: one table says for each its standard value, what is allowed, and how it is checked.
import { isIP, isIPv4, isIPv6 } from 'node:net'
import { SocketWrapperError } from './errors.ts'
import { parseTable, type Rule, type Rules, size, texts, whole } from './options/table.ts'
import { type RuleId, ruleIds, type RuleLevel, ruleLevels, type RuleLevels, rules as ruleRows } from './rules.ts'

/** Sizes of a network's arena. Its file has about 240 bytes a record, 344 a socket, 64 a process. */
export type ArenaOptions = {
  /** Events that wait to be read. Standard: 4096. */
  records?: number
  /** Sockets that live at the same time. Standard: 1024. */
  sockets?: number
  /** Processes of one test, ended ones included. Standard: 512. */
  processes?: number
}

/** Which orders of hand-overs are tried. A run and its repeats have the seeds `seed`, `seed + 1`, … */
export type ExploreOptions = {
  /** Standard: 1. */
  seed?: number
  /** How many orders a race may need at the same time to be seen: 1 to 8. Standard: 3. */
  depth?: number
  /** Choices among which priorities change. Standard: as many as the runs before have had. */
  steps?: number
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
  /** What becomes of a test that breaks a rule about passed and inherited sockets: `{ L4: 'warn' }`. Standard: see the table of rules. */
  rules?: Partial<Record<RuleId, RuleLevel>>
  /** How long the end of a test waits for what is still on its way: a message to be received, a sender to close. Standard: 1000. */
  graceMs?: number
  arena?: ArenaOptions
  /** Holds processes where they hand over sockets, to provoke races: for tests with `repeats`. Standard: not. */
  explore?: ExploreOptions
  /** File for the log lines of the shim. Standard: `log` in the network's directory. */
  log?: string
}

export type Keep = 'failure' | 'always' | 'never'
export type Capture = false | 'failure' | 'always'

type Explore = { readonly seed: number; readonly depth: number; readonly steps: number | null }

/** The options after checking, all filled in. */
export type Options = {
  readonly passthrough: readonly string[]
  readonly keep: Keep
  readonly capture: Capture
  readonly hosts: readonly string[]
  /** null: derived from the test's own timeout. */
  readonly readyTimeoutMs: number | null
  readonly stopAfterMs: number
  readonly rules: RuleLevels
  readonly graceMs: number
  readonly arena: { readonly records: number; readonly sockets: number; readonly processes: number }
  /** null: nothing is explored. */
  readonly explore: Explore | null
  /** null: `log` in the network's directory. */
  readonly log: string | null
}

const maxDelayMs = 2 ** 31 - 1 // the longest delay of setTimeout
const keeps: readonly Keep[] = ['failure', 'always', 'never']
const captures: readonly Capture[] = [false, 'failure', 'always']
const arenaRules: Rules<Options['arena']> = { records: size(4096), sockets: size(1024), processes: size(512) }

const exploreRules: Rules<Explore> = {
  seed: whole(1, 0, Number.MAX_SAFE_INTEGER - 2 ** 32),
  depth: whole(3, 1, 8),
  steps: { ...whole(0, 1, 2 ** 31), standard: null },
}

const levelRules = Object.fromEntries(
  ruleIds.map((id): [RuleId, Rule<RuleLevel>] => [
    id,
    {
      standard: ruleRows[id].level,
      allowed: '"off", "warn" or "fail"',
      check: (value) => ruleLevels.find((level) => level === value),
    },
  ]),
) as Rules<RuleLevels>

const rules: Rules<Omit<Options, 'arena' | 'explore' | 'rules'>> = {
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
  graceMs: { ...whole(1000, 0, maxDelayMs), allowed: `a whole number of milliseconds from 0 to ${maxDelayMs}` },
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

/**
 * Checks what a user wrote and fills in what is left out.
 * @throws SocketWrapperError `OPTIONS_INVALID` with all problems at once.
 */
export function parseOptions(raw: unknown): Options {
  const problems: string[] = []
  const flat = parseTable(raw, '', rules, ['arena', 'explore', 'rules'], problems)
  const arena = parseTable(inner(raw, 'arena'), 'arena.', arenaRules, [], problems)
  const explored = inner(raw, 'explore')
  const explore = explored === undefined ? null : parseTable(explored, 'explore.', exploreRules, [], problems)
  const levels = parseTable(inner(raw, 'rules'), 'rules.', levelRules, [], problems)
  if (problems.length > 0) throw new SocketWrapperError('OPTIONS_INVALID', { problems })
  return { ...flat, arena, explore, rules: levels }
}

/**
 * The options with other levels for some of the rules, as one test wants them.
 * @throws SocketWrapperError `OPTIONS_INVALID`
 */
export function withRules(options: Options, raw: unknown): Options {
  if (raw === undefined) return options
  const problems: string[] = []
  const own = Object.fromEntries(
    ruleIds.map((id) => [id, { ...levelRules[id], standard: options.rules[id] }]),
  ) as unknown as Rules<RuleLevels>
  const levels = parseTable(raw, 'rules.', own, [], problems)
  if (problems.length > 0) throw new SocketWrapperError('OPTIONS_INVALID', { problems })
  return { ...options, rules: levels }
}

/**
 * The options with what one test explores.
 * @throws SocketWrapperError `OPTIONS_INVALID`
 */
export function withExplore(options: Options, raw: unknown): Options {
  if (raw === undefined) return options
  const problems: string[] = []
  const explore = parseTable(raw, 'explore.', exploreRules, [], problems)
  if (problems.length > 0) throw new SocketWrapperError('OPTIONS_INVALID', { problems })
  return { ...options, explore }
}

const runRules: Rules<Explore & { readonly runs: number }> = { ...exploreRules, runs: whole(50, 1, 2 ** 31) }

/**
 * What `network.explore` takes.
 * @throws SocketWrapperError `OPTIONS_INVALID`
 */
export function parseExplore(raw: unknown): Explore & { readonly runs: number } {
  const problems: string[] = []
  const explore = parseTable(raw, 'explore.', runRules, [], problems)
  if (problems.length > 0) throw new SocketWrapperError('OPTIONS_INVALID', { problems })
  return explore
}

function inner(raw: unknown, name: 'arena' | 'explore' | 'rules'): unknown {
  return typeof raw === 'object' && raw !== null ? Object.getOwnPropertyDescriptor(raw, name)?.value : undefined
}

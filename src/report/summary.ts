// What one test's network had, as lines: small enough to travel with the test's result, and readable without this package.
import type { ProcessView, Timeline } from '../journal/timeline.ts'
import type { HostEntry } from '../network/hosts.ts'
import type { ExploreOptions } from '../options.ts'
import type { RuleId, RuleLevel } from '../rules.ts'
import type { Explored } from '../wire/explore.ts'
import { formatPass } from './text.ts'

export type NetworkSummary = {
  /** `web 10.53.57.2 fd00::5357:5f02`. */
  hosts: string[]
  /** `worker[4712] on web, child of master[4711]`. */
  processes: string[]
  /** Processes that had no socket and were not started by the test: helpers of a shell script, say. */
  otherProcesses: number
  /** `socket #7 web:80 ← test:49152  master[4711] fd 12 → worker[4712] fd 9  info equal`. */
  passes: string[]
  /** How many there were beyond `passes`. */
  morePasses: number
  /** What rules say that only warn, two lines each, and allowances that nothing needed. */
  warnings: string[]
  /** Where orders of hand-overs are explored: `seed 8, 24 hand-overs, 9 of them choices`. */
  explored: { seed: number; handOvers: number; choices: number } | null
  /** Mermaid sequence diagrams of the sockets whose findings failed the test. */
  diagrams: string[]
}

/** What was found, and in which order of hand-overs. */
export type Verdict = {
  readonly warnings?: readonly string[]
  readonly diagrams?: readonly string[]
  readonly explored?: Explored | null
}

declare module 'vitest' {
  interface TaskMeta {
    /** One for each attempt of the test. */
    socketWrapper?: NetworkSummary[]
    /** For a test: rules whose level is another one than the environment's. */
    socketWrapperRules?: Partial<Record<RuleId, RuleLevel>>
    /** For a test: what it explores, with or without the environment's option. */
    socketWrapperExplore?: ExploreOptions
  }
}

/** A test that passes more is about load, not about lines. */
const maxPasses = 1000

export function summarize(
  timeline: Timeline,
  hosts: readonly HostEntry[],
  { warnings = [], diagrams = [], explored = null }: Verdict = {},
): NetworkSummary {
  const { names } = timeline
  const label = (pid: number): string => `${names.process(pid)}[${pid}]`
  const processes = timeline.processes().toSorted((one, other) => Number(other.isTest) - Number(one.isTest))
  const [shown, others] = partition(processes, isOfInterest(timeline))
  const describe = ({ pid, host, parent, isTest, isUnderShim }: ProcessView): string => {
    const facts = [`${label(pid)} on ${names.host(host)}`]
    if (!isTest && processes.some((other) => other.pid === parent)) facts.push(`child of ${label(parent)}`)
    if (!isTest && !isUnderShim) facts.push('not under the shim')
    return facts.join(', ')
  }
  const passes = timeline.passes()
  return {
    hosts: hosts.map(({ name, addresses }) => `${name} ${addresses.IPv4} ${addresses.IPv6}`),
    processes: shown.map(describe),
    otherProcesses: others.length,
    passes: passes.slice(0, maxPasses).map((pass) => formatPass(pass)),
    morePasses: Math.max(0, passes.length - maxPasses),
    warnings: [...warnings],
    // A long order is no line of a report.
    explored: explored && { seed: explored.seed, handOvers: explored.handOvers, choices: explored.choices },
    diagrams: [...diagrams],
  }
}

/** The lines below a test's title. */
export function formatSummary(summary: NetworkSummary): string[] {
  const { hosts, processes, otherProcesses, passes, morePasses, warnings, explored } = summary
  const others = otherProcesses > 0 ? [`… ${otherProcesses} more without a socket …`] : []
  const more = morePasses > 0 ? [`… ${morePasses} more passes …`] : []
  return [
    ...listed('hosts', hosts),
    ...listed('processes', [...processes, ...others]),
    ...listed('passes', [...passes, ...more]),
    ...(warnings.length === 0 ? [] : listed('warnings', warnings)),
    ...(explored === null
      ? []
      : listed('explored', [
          `seed ${explored.seed}, ${explored.handOvers} hand-overs, ${explored.choices} of them choices`,
        ])),
  ]
}

function isOfInterest(timeline: Timeline): (process: ProcessView) => boolean {
  const withSocket = new Set(timeline.sockets().flatMap(({ history }) => history.map(({ pid }) => pid)))
  const tests = new Set(timeline.processes().flatMap(({ pid, isTest }) => (isTest ? [pid] : [])))
  return ({ pid, parent, isTest }) => isTest || tests.has(parent) || withSocket.has(pid)
}

function partition<Item>(items: readonly Item[], test: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(test), items.filter((item) => !test(item))]
}

function listed(title: string, lines: readonly string[]): string[] {
  return (lines.length === 0 ? ['none'] : lines).map((line, index) => `${(index === 0 ? title : '').padEnd(11)}${line}`)
}

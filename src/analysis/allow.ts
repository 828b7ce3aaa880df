// What a test allows of the processes that it starts, from narrow to wide: one socket, a listener, some descriptors, all leaks.
import type { SocketView } from '../journal/views.ts'
import { type RuleId, type RuleLevel, type RuleLevels } from '../rules.ts'
import type { Finding } from './finding.ts'

/** As a spawn gives it: for the process and all that descend from it. */
export type Allowance = {
  /** `'accept'`: it may accept from a listener that was passed, beside others (R4). */
  readonly share?: 'accept'
  /** Descriptors that it may inherit over exec and never use (L6, L7). */
  readonly inherit?: readonly number[]
  /** What becomes of its leaks. */
  readonly leaks?: RuleLevel
}

type Clause = keyof Allowance

const clauses: { readonly [Name in Clause]: (finding: Finding, allowed: Allowance) => RuleLevel | undefined } = {
  share: ({ rule }, { share }) => (rule === 'R4' && share === 'accept' ? 'off' : undefined),
  inherit: ({ rule, fd }, { inherit }) =>
    (rule === 'L6' || rule === 'L7') && inherit?.includes(fd) === true ? 'off' : undefined,
  leaks: ({ rule }, { leaks }) => (rule.startsWith('L') ? leaks : undefined),
}
const clauseNames = Object.keys(clauses) as readonly Clause[]

/** Which processes may share a socket, by its history, which all views of it have in common. */
const sharers = new WeakMap<SocketView['history'], Set<number>>()

export function allowSharing(history: SocketView['history'], pids: readonly number[]): void {
  const known = sharers.get(history) ?? new Set()
  for (const pid of pids) known.add(pid)
  sharers.set(history, known)
}

/** Rules that ask which process a socket belongs to. */
const aboutSharing: ReadonlySet<RuleId> = new Set(['L4', 'R1', 'R2', 'R4', 'R8', 'R9'])

function isShared({ rule, socket, operations, pid }: Finding): boolean {
  const pids = socket === null ? undefined : sharers.get(socket.history)
  if (pids === undefined || !aboutSharing.has(rule)) return false
  return pids.has(pid) && operations.every((operation) => pids.has(operation.pid))
}

export type Judge = {
  levelOf(finding: Finding): RuleLevel
  /** What was allowed and never needed: `share: "accept"` of which pid. */
  unused(): readonly { pid: number; clause: string }[]
}

/** @param given - what each started process is allowed; @param rootOf - the started process that another one descends from. */
export function createJudge(
  levels: RuleLevels,
  given: ReadonlyMap<number, Allowance>,
  rootOf: (pid: number) => number,
): Judge {
  const used = new Set<string>()

  const allowedBy = (finding: Finding, pid: number): RuleLevel | undefined => {
    const root = rootOf(pid)
    const allowed = given.get(root)
    const clause = allowed && clauseNames.find((name) => clauses[name](finding, allowed) !== undefined)
    if (clause === undefined) return undefined
    used.add(`${root} ${clause}`)
    return clauses[clause](finding, allowed ?? {})
  }

  return {
    levelOf(finding) {
      if (isShared(finding)) return 'off'
      const pids = [finding.pid, ...finding.operations.map(({ pid }) => pid)]
      const [level] = pids.flatMap((pid) => allowedBy(finding, pid) ?? [])
      return level ?? levels[finding.rule]
    },
    unused: () =>
      [...given].flatMap(([pid, allowed]) =>
        clauseNames
          .filter((name) => allowed[name] !== undefined && !used.has(`${pid} ${name}`))
          .map((name) => ({ pid, clause: `${name}: ${JSON.stringify(allowed[name])}` })),
      ),
  }
}

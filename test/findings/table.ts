// Each rule with programs that break it. The same program does the same work right when it is told to.
import type { RuleId } from '../../src/rules.ts'
import { clients, type Visit } from './visits.ts'

export type Language = 'c' | 'node' | 'python'
export const languages: readonly Language[] = ['c', 'node', 'python']

export type Case = {
  readonly rule: RuleId
  readonly defect: string
  /** The name of the program, and of the job that it is told to do. */
  readonly job: readonly [program: string, job: string]
  readonly languages: readonly Language[]
  readonly visit: Visit
  /** What the shim is told in place of the program, whose work is right. */
  readonly fault?: string
}

/** A program in C, as compileProgram takes it. */
export const sourceOf = (program: string): string => `../findings/${program}`

const all = languages
const withCalls: readonly Language[] = ['c', 'python']

/** Why a language can't have the defect. */
const noOwnCalls = { node: 'makes no system calls of its own', python: 'makes no system calls of its own' }
export const impossible: Partial<Record<RuleId, Partial<Record<Language, string>>>> = {
  T2: noOwnCalls,
  L3: { node: 'sends one handle a message, and receives with room for 64' },
}

function row(
  rule: RuleId,
  defect: string,
  job: Case['job'],
  languages: readonly Language[] = all,
  visit: Visit = clients(1),
): Case {
  return { rule, defect, job, languages, visit }
}

export const cases: readonly Case[] = [
  row('L1', 'the worker never receives what was sent to it', ['handover', 'lost']),
  row('L3', 'the worker has room for one descriptor of two', ['handover', 'truncated'], withCalls, clients(2)),
  row('L3', 'the worker may have one descriptor more', ['handover', 'at-limit'], withCalls, clients(2)),
  row('L4', 'the master keeps what it has passed on', ['handover', 'retained']),
  row('R1', 'the master reads after it has passed on', ['handover', 'used-after']),
  row('R2', 'two workers read what both were passed', ['handover', 'both-workers'], all, clients(2)),
  row('R4', 'master and worker accept from one listener', ['handover', 'both-accept'], all, clients(2)),
  row('R8', 'the master shuts down what it has passed on', ['handover', 'shut-down']),
  { ...row('S1', 'the shim recreates another peer', ['handover', 'served']), fault: 'peer' },
  { ...row('S1', 'the shim recreates another local address', ['handover', 'served']), fault: 'local' },
  row('T2', 'the master closes by a system call of its own', ['handover', 'closed-raw'], ['c']),
  row('R9', 'both sides of a fork read', ['shared', 'both-read']),
]

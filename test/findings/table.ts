// Each rule with programs that break it. The same program does the same work right when it is told to.
import type { RuleId } from '../../src/rules.ts'
import {
  answeringClient,
  checkpoints,
  clients,
  clientsAfterPass,
  lastClient,
  silentClient,
  type Visit,
} from './visits.ts'

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

const noOwnCalls = { node: 'makes no system calls of its own', python: 'makes no system calls of its own' }
const oneHandle = { node: 'passes one handle a message, and the next when it was received' }

/** Why a language can't have the defect. */
export const impossible: Partial<Record<RuleId, Partial<Record<Language, string>>>> = {
  L3: oneHandle,
  L5: { node: 'does not peek' },
  L7: { node: 'always asks for close-on-exec' },
  L10: { node: 'passes only to processes that take part in its protocol' },
  R7: { node: 'never waits in a call that takes input' },
  S2: { node: 'has no handle before connect or listen' },
  S4: oneHandle,
  T2: noOwnCalls,
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
  row('L2', 'the worker never uses what it has received', ['handover', 'unused']),
  row('L3', 'the worker has room for one descriptor of two', ['handover', 'truncated'], withCalls, clients(2)),
  row('L3', 'the worker may have one descriptor more', ['handover', 'at-limit'], withCalls, clients(2)),
  row('L4', 'the master keeps what it has passed on', ['handover', 'retained']),
  row('L5', 'the worker keeps what a peek gave it', ['handover', 'peeked'], withCalls),
  row('L5', 'the worker keeps what the second of two peeks gave it', ['handover', 'peeked-twice'], withCalls),
  row('L6', 'a program gets the listener beside its connection', ['spawned', 'inherited']),
  row('L7', 'a program gets a connection that was received', ['spawned', 'unmarked'], withCalls),
  row('L7', 'a program gets a listener that was received', ['spawned', 'unmarked-listener'], withCalls),
  row('L8', 'the master closes a descriptor that is in its epoll', ['handover', 'ghost'], withCalls),
  row('L8', 'the number is closed behind the back of the event loop', ['handover', 'ghost'], ['node'], silentClient),
  row('L9', 'a child that listens is killed', ['alone', 'killed']),
  row('L10', 'a worker without the shim keeps the envelope', ['outside', 'enveloped'], withCalls),
  row('L10', 'it keeps that of a listener', ['outside', 'enveloped-listener'], withCalls),
  row('T1', 'a program without the shim listens', ['outside', 'escaped']),
  row('L11', 'a process lives on in a session of its own', ['alone', 'daemonized'], all, lastClient),
  row('L12', 'a server closes no connection', ['alone', 'growing'], all, checkpoints),
  row('R1', 'the master reads after it has passed on', ['handover', 'used-after']),
  row('R2', 'two workers read what both were passed', ['handover', 'both-workers'], all, clients(2)),
  row('R3', 'the master has read before it passes on', ['handover', 'read-ahead']),
  row('R4', 'master and worker accept from one listener', ['handover', 'both-accept'], all, clientsAfterPass(2)),
  row('R5', 'a server closes a number again', ['alone', 'stale']),
  row('R6', 'parent or child changes how the other one reads', ['shared', 'flipped']),
  row('R7', 'a thread of the master is in read or recv', ['handover', 'busy'], withCalls, answeringClient),
  row('R7', 'a thread of the master waits for more', ['handover', 'busy-whole'], withCalls, answeringClient),
  row('R8', 'the master shuts down what it has passed on', ['handover', 'shut-down']),
  row('R9', 'both sides of a fork read', ['shared', 'both-read']),
  { ...row('S1', 'the shim recreates another peer', ['handover', 'served']), fault: 'peer' },
  { ...row('S1', 'the shim recreates another local address', ['handover', 'served']), fault: 'local' },
  row('S2', 'the worker accepts where nobody listens', ['handover', 'not-listening'], withCalls),
  row('S2', 'the worker reads where nobody is connected', ['handover', 'not-connected'], withCalls),
  row('S4', 'the master passes 254 descriptors at a time', ['handover', 'too-many'], withCalls),
  row('S4', 'the master passes more than a user may have in flight', ['handover', 'too-many-refs'], withCalls),
  row('T2', 'the master closes by a system call of its own', ['handover', 'closed-raw'], ['c']),
  row('T3', 'a server has more sockets than a network has room for', ['alone', 'crowded']),
]

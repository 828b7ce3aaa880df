// The processes of a network, from the arena's table: who descends from whom, who lives, and how to end them.
import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { type ArenaHandle, native } from '../native.ts'
import { nowMs, pause } from '../network/clock.ts'
import { decodeProcesses, type ProcessRow } from '../wire/arena.ts'

/** A clock tick of /proc/<pid>/stat: USER_HZ is 100 on every Linux that Node runs on (proc(5)). */
const tickNs = 10_000_000n

const firstPauseMs = 1
const longestPauseMs = 20

export function readProcesses(arena: ArenaHandle): ProcessRow[] {
  return decodeProcesses(native.readProcesses(arena))
}

/** The process of that pid and everything that descends from it. */
export function familyOf(rows: readonly ProcessRow[], pid: number): ProcessRow[] {
  const family = new Set([pid])
  // A child's row may stand before its parent's where a row was reused: look until nothing is new.
  for (let size = 0; size !== family.size;) {
    size = family.size
    for (const row of rows) if (family.has(row.parent)) family.add(row.pid)
  }
  return rows.filter((row) => family.has(row.pid))
}

type Stat = { name: string; state: string; parent: number; session: number; startedNs: bigint }

/** Fields of proc(5)'s stat: what follows the name, which may hold anything; null when the process is gone. */
function readStat(pid: number): Stat | null {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return null
  }
  const nameEnd = text.lastIndexOf(')')
  const fields = text.slice(nameEnd + 2).split(' ')
  return {
    name: text.slice(text.indexOf('(') + 1, nameEnd),
    state: fields[0] ?? 'X',
    parent: Number(fields[1]),
    session: Number(fields[3]),
    startedNs: BigInt(fields[19] ?? '0') * tickNs,
  }
}

const hasEnded = (state: string): boolean => state === 'Z' || state === 'X'

/** A process and when it was known at the latest: its pid alone may be another process's later. */
export type KnownProcess = Pick<ProcessRow, 'pid' | 'program' | 'startedNs'>

/** False for a zombie too, and for another process that got the pid later. */
export function isAlive(row: KnownProcess): boolean {
  const stat = readStat(row.pid)
  return stat !== null && !hasEnded(stat.state) && stat.startedNs <= row.startedNs
}

/**
 * Whether a process that has ended left a child: one of `family`, or one in its session, which a child is in between its fork and the moment
 * when it tells of itself.
 */
export function hasLivingChild(rows: readonly ProcessRow[], family: ReadonlySet<number>, pid: number): boolean {
  if (rows.some((row) => family.has(row.pid) && row.pid !== pid && !row.isExited && isAlive(row))) return true
  const known = new Set(rows.map((row) => row.pid))
  return readdirSync('/proc').some((name) => {
    const other = Number(name)
    if (!Number.isInteger(other) || known.has(other)) return false
    const stat = readStat(other)
    return stat !== null && stat.session === pid && !hasEnded(stat.state)
  })
}

/**
 * Living processes that carry the network's directory in their environment and are not in its table: a child is so between its fork and the
 * moment when it tells of itself.
 */
export function findUnregistered(rows: readonly ProcessRow[], dir: string): KnownProcess[] {
  const known = new Set(rows.map((row) => row.pid))
  const entry = `\0SOCKET_WRAPPER_DIR=${dir}\0`
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name)
    if (!Number.isInteger(pid) || known.has(pid) || !`\0${readEnvironment(pid)}`.includes(entry)) return []
    const stat = readStat(pid)
    return stat === null ? [] : [{ pid, program: stat.name, startedNs: stat.startedNs }]
  })
}

/** Living processes that descend from one of `roots`, are in its session, or carry the network's directory in their environment. */
export function findRelatives(roots: ReadonlySet<number>, dir: string): KnownProcess[] {
  const entry = `\0SOCKET_WRAPPER_DIR=${dir}\0`
  const living = readdirSync('/proc').flatMap((name) => {
    const pid = Number(name)
    const stat = Number.isInteger(pid) ? readStat(pid) : null
    if (stat === null || hasEnded(stat.state)) return []
    return [{ pid, stat, isOfNetwork: `\0${readEnvironment(pid)}`.includes(entry) }]
  })
  const family = new Set(roots)
  for (let size = 0; size !== family.size;) {
    size = family.size
    for (const { pid, stat, isOfNetwork } of living)
      if (isOfNetwork || family.has(stat.parent) || roots.has(stat.session)) family.add(pid)
  }
  return living
    .filter(({ pid }) => family.has(pid))
    .map(({ pid, stat }) => ({ pid, program: stat.name, startedNs: stat.startedNs }))
}

/** Empty for a process that is gone, and for one of another user. */
function readEnvironment(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1')
  } catch {
    return ''
  }
}

/** True when the signal reached a living process of that row. */
function signalRow(row: KnownProcess, signal: NodeJS.Signals): boolean {
  if (!isAlive(row)) return false
  try {
    process.kill(row.pid, signal)
    return true
  } catch {
    return false
  }
}

/**
 * Ends processes: SIGTERM, and after `stopAfterMs` SIGKILL. They may be nobody's children, so their end gives no event: it is looked for.
 * Returns those that live on.
 */
export async function endProcesses(find: () => readonly KnownProcess[], stopAfterMs: number): Promise<KnownProcess[]> {
  const told = new Set<number>()
  const deadline = nowMs() + stopAfterMs
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const living = find().filter(isAlive)
    if (living.length === 0) return []
    const left = deadline - nowMs()
    if (left <= 0) return kill(find)
    for (const row of living) {
      if (told.has(row.pid)) continue
      told.add(row.pid)
      signalRow(row, 'SIGTERM')
    }
    await pause(Math.min(pauseMs, left))
  }
}

/** SIGKILL is not refused, but a process in an uninterruptible call ends only after it: a second must do. */
async function kill(find: () => readonly KnownProcess[]): Promise<KnownProcess[]> {
  const deadline = nowMs() + 1000
  for (;;) {
    const living = find().filter((row) => signalRow(row, 'SIGKILL') && isAlive(row))
    if (living.length === 0 || nowMs() > deadline) return living
    await pause(firstPauseMs)
  }
}

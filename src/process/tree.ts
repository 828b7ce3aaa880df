// The processes of a network, from the arena's table: who descends from whom, who lives, and how to end them.
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { type ArenaHandle, native } from '../native.ts'
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

/** False for a zombie too, and for another process that got the pid later. */
export function isAlive(row: ProcessRow): boolean {
  let text: string
  try {
    text = readFileSync(`/proc/${row.pid}/stat`, 'latin1')
  } catch {
    return false
  }
  // After the name in parentheses, which may hold anything: state is field 3, the start in ticks since boot field 22.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const state = fields[0]
  const startedNs = BigInt(fields[19] ?? '0') * tickNs
  return state !== 'Z' && state !== 'X' && startedNs <= row.startedNs
}

/** True when the signal reached a living process of that row. */
function signalRow(row: ProcessRow, signal: NodeJS.Signals): boolean {
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
export async function endProcesses(find: () => readonly ProcessRow[], stopAfterMs: number): Promise<ProcessRow[]> {
  const told = new Set<number>()
  const deadline = performance.now() + stopAfterMs
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const living = find().filter(isAlive)
    if (living.length === 0) return []
    const left = deadline - performance.now()
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
async function kill(find: () => readonly ProcessRow[]): Promise<ProcessRow[]> {
  const deadline = performance.now() + 1000
  for (;;) {
    const living = find().filter((row) => signalRow(row, 'SIGKILL') && isAlive(row))
    if (living.length === 0 || performance.now() > deadline) return living
    await pause(firstPauseMs)
  }
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs))
}

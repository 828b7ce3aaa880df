import type { ProcessRow } from '../wire/arena.ts'
import type { JournalEvent } from '../wire/events.ts'
import type { ProcessView } from './views.ts'

type Process = { -readonly [Key in keyof ProcessView]: ProcessView[Key] }

export type ProcessBook = {
  append(event: JournalEvent): void
  /** Adds what the process table knows and the journal does not: host, parent, who is the test. True when that changed something. */
  addRows(rows: readonly ProcessRow[]): boolean
  /** True when it was alive. */
  end(pid: number, atNs: bigint): boolean
  /** The newest process of that number. */
  find(pid: number): ProcessView | undefined
  readonly items: readonly ProcessView[]
}

/** Processes in order of appearance. A number that the kernel gave out again is another process. */
export function createProcessBook(): ProcessBook {
  const items: Process[] = []
  const current = new Map<number, Process>()

  function begin(pid: number, atNs: bigint | null): Process {
    const process: Process = {
      pid,
      parent: 0,
      host: 0,
      program: '',
      startedAtNs: atNs,
      exitedAtNs: null,
      isAlive: true,
      isUnderShim: false,
      isTest: false,
    }
    items.push(process)
    current.set(pid, process)
    return process
  }

  function end(pid: number, atNs: bigint): boolean {
    const process = current.get(pid)
    if (process === undefined || !process.isAlive) return false
    process.isAlive = false
    process.exitedAtNs = atNs
    return true
  }

  function alive(pid: number, atNs: bigint | null): Process {
    const process = current.get(pid)
    return process !== undefined && process.isAlive ? process : begin(pid, atNs)
  }

  return {
    append(event) {
      const { op, pid, timeNs } = event
      if (op === 'processExit') return void end(pid, timeNs)
      // A child that is new although its number is in use: the old one was killed and nobody said so.
      if (op === 'processFork' && current.get(pid)?.startedAtNs != null) end(pid, timeNs)
      const process = op === 'processExec' || op === 'none' ? current.get(pid) : alive(pid, timeNs)
      if (process === undefined) return
      process.startedAtNs ??= timeNs
      if (op !== 'processStart' && op !== 'processFork') {
        if (process.host === 0 && event.info !== null) process.host = event.info.host
        return
      }
      process.isUnderShim = true
      const parent = current.get(event.detail)
      if (process.parent === 0) process.parent = event.detail
      if (event.text !== '') process.program = event.text
      else if (process.program === '' && parent !== undefined) process.program = parent.program
      if (process.host === 0 && parent !== undefined) process.host = parent.host
    },
    addRows(rows) {
      let isChanged = false
      for (const row of rows) {
        // An old row does not bring an ended process back to life.
        const known = current.get(row.pid)
        if (known === undefined && row.isExited) continue
        const process = known ?? begin(row.pid, null)
        const before = { ...process }
        process.parent = process.parent === 0 ? row.parent : process.parent
        process.host = row.host === 0 ? process.host : row.host
        process.program = process.program === '' ? row.program : process.program
        process.isUnderShim ||= row.isUnderShim
        process.isTest ||= row.isTest
        isChanged ||=
          known === undefined || (Object.keys(before) as (keyof Process)[]).some((key) => before[key] !== process[key])
      }
      return isChanged
    },
    end,
    find: (pid) => current.get(pid),
    items,
  }
}

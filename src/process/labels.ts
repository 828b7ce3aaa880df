// Short names for the processes of a network: a script says more than the interpreter that runs it.
import { readFileSync } from 'node:fs'
import { basename, extname } from 'node:path'
import process from 'node:process'
import type { JournalEvent } from '../wire/events.ts'

export type Labels = {
  /** Reads the name of a process at its start: when a message wants it, the process may be gone. */
  learn(event: JournalEvent): void
  of(pid: number): string | undefined
}

export function createLabels(): Labels {
  const labels = new Map([[process.pid, 'test']])
  return {
    learn({ op, pid }) {
      if ((op !== 'processStart' && op !== 'processFork') || pid === process.pid) return
      const label = labelOf(readCommand(pid))
      if (label !== undefined) labels.set(pid, label)
    },
    of: (pid) => labels.get(pid),
  }
}

/** `worker` for `node --no-warnings /srv/worker.mjs 7`, `redis-server` for `/usr/bin/redis-server *:6379`. */
export function labelOf(command: readonly string[]): string | undefined {
  const script = command.slice(1).find((arg) => /^[^-].*\.([cm]?[jt]s|py|rb|pl|sh)$/.test(arg))
  const name = script === undefined ? basename(command[0] ?? '') : basename(script, extname(script))
  return name === '' ? undefined : name
}

function readCommand(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

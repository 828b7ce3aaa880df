// The guard: a small program that outlives this worker. It knows the directories of the worker's networks by a pipe, and when the pipe ends
// it ends their processes and removes the directories.
import childProcess, { type ChildProcess } from 'node:child_process'
import { guardPath } from '../native.ts'
import { shared } from '../network/shared.ts'

export type Guard = {
  /** From now on the network in `dir` is cleaned up when the worker is gone. */
  add(dir: string): void
  /** The network is gone, or its directory stays on purpose. */
  remove(dir: string): void
}

const state = shared('guard', () => ({ child: null as ChildProcess | null }))

/** One for all networks of this worker, started at its first use. */
export function startGuard(): Guard {
  const tell = (line: string): void => void guardProcess().stdin?.write(line)
  return { add: (dir) => tell(`+${dir}\n`), remove: (dir) => tell(`-${dir}\n`) }
}

function guardProcess(): ChildProcess {
  if (state.child !== null) return state.child
  // Detached: a signal to the terminal's group must not end it together with those it watches.
  const child = childProcess.spawn(guardPath, [], {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  state.child = child
  child.on('error', () => undefined)
  child.once('exit', () => (state.child = null))
  child.stdin?.on('error', () => undefined) // EPIPE when somebody has killed it
  child.unref()
  const pipe = child.stdin as { unref?(): void } | null
  pipe?.unref?.()
  return child
}

// What the guard's tests have in common: networks, processes in them that do not want to end, and a guard whose worker is the test.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, vi } from 'vitest'
import { plainEnvironment } from '../helpers.ts'
import { useDirectory, usePrograms } from './build.ts'

export type Child = { readonly process: ChildProcess; readonly ended: Promise<unknown> }

export function start(command: string, args: readonly string[], env: Record<string, string> = {}): Child {
  const child = spawn(command, args, { env: { ...plainEnvironment(), ...env }, stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { process: child, ended: once(child, 'exit') }
}

/** Starts a program that prints pids, one a line, and returns them once there are `count`. */
export async function startPids(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
  count = 1,
): Promise<number[]> {
  const { process: child } = start(command, args, env)
  const pids: number[] = []
  if (child.stdout === null) throw new Error(`${command} has no stdout`)
  for await (const line of createInterface({ input: child.stdout })) if (pids.push(Number(line)) === count) break
  expect(pids).toHaveLength(count)
  endAfterTest(pids)
  return pids
}

/** Also when the test fails: these processes end in no other way. */
export function endAfterTest(pids: readonly number[]): void {
  onTestFinished(() => {
    for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL')
  })
}

/** A zombie has ended, whatever its parent does about it. */
export function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'))
  } catch {
    return false
  }
}

export type Guarded = {
  directory: () => string
  path: (name: 'guard' | 'guard_process') => string
  makeNetwork: (name?: string) => Promise<string>
  /** A process that stays until it is killed; returns its pid. */
  stay: (dir: string, mode?: 'stay' | 'daemon' | 'alone', env?: Record<string, string>) => Promise<number>
  /** Registers a process that did not do it itself; `past` is just before it started. */
  writeRow: (dir: string, pid: number, when: 'past' | 'now' | 'future', flags: string) => Promise<void>
  startGuard: () => Child & { send(text: string | Buffer): void; isWatching(dir: string): Promise<void> }
}

/** Builds the guard and the processes it guards before the tests of a file. */
export function useGuard(): Guarded {
  const programs = usePrograms('guard', 'guard_process', 'arena_create')
  const directory = useDirectory()
  return {
    directory,
    path: (name) => programs.path(name),

    async makeNetwork(name = 'network') {
      const dir = join(directory(), name)
      mkdirSync(dir)
      expect(await programs.run('arena_create', dir, '64')).toMatchObject({ result: '0' })
      return dir
    },

    async stay(dir, mode = 'stay', env = {}) {
      const [pid = 0] = await startPids(programs.path('guard_process'), [dir, mode], env)
      return pid
    },

    async writeRow(dir, pid, when, flags) {
      const args = [dir, 'row', String(pid), when, flags]
      expect(await start(programs.path('guard_process'), args).ended).toEqual([0, null])
    },

    startGuard() {
      const child = start(programs.path('guard'), [])
      return {
        ...child,
        send: (text) => void child.process.stdin?.write(text),
        isWatching: (dir) =>
          vi.waitFor(() => {
            const maps = readFileSync(`/proc/${String(child.process.pid)}/maps`, 'utf8')
            expect(maps).toContain(join(dir, 'arena'))
          }),
      }
    },
  }
}

/** Closes the pipe, as the end of the worker does; returns how long the guard took. */
export async function closePipe(guard: Child): Promise<number> {
  const before = performance.now()
  guard.process.stdin?.end()
  expect(await guard.ended).toEqual([0, null])
  return performance.now() - before
}

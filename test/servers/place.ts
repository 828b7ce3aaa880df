// What the tests of real servers share: a directory of their own for configurations and data, and a way to wait for a line.
import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test as base } from 'vitest-environment-socket-wrapper/test'

export type Place = {
  readonly dir: string
  /** Writes a file there, readable for each user, and returns its path. */
  write(name: string, text: string): Promise<string>
}

export const test = base.extend<{ place: Place }>({
  // Automatic, so that it goes after the network with its processes, and not before.
  place: [
    async ({ network }, use) => {
      const dir = await mkdtemp(`/tmp/servers-${network.id}-`)
      await chmod(dir, 0o755) // servers that run as another user read it
      const write = async (name: string, text: string): Promise<string> => {
        const path = join(dir, name)
        await writeFile(path, text)
        return path
      }
      await use({ dir, write })
      await rm(dir, { recursive: true })
    },
    { auto: true },
  ],
})

/** Whether servers may switch to a user of their own. */
export const isRoot = process.getuid?.() === 0

/** Takes lines up to the first one that matches, and returns it. */
export async function lineLike(lines: AsyncGenerator<string, void>, pattern: RegExp): Promise<string> {
  for (;;) {
    const { value, done } = await lines.next()
    if (done === true) throw new Error(`the output ended without a line like ${String(pattern)}`)
    if (pattern.test(value)) return value
  }
}

const awaitEnd = `
import os, select, sys
try: select.select([os.pidfd_open(int(sys.argv[1]))], [], [])
except ProcessLookupError: pass`

/** Resolves when a process, which need not be a child of this one, has ended. */
export async function endOf(pid: number): Promise<void> {
  await promisify(execFile)('/usr/bin/python3', ['-c', awaitEnd, String(pid)])
}

/** On a connection of its own: a server that reloads closes idle ones, and a request that is under way on such a one is lost anywhere. */
export async function get(url: string): Promise<string> {
  return (await fetch(url, { headers: { connection: 'close' } })).text()
}

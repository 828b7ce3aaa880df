// The arena's test programs: C files of this directory, linked with the arena's own sources, and the guard. They are built anew for each
// test file, into a directory of its own.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dir as makeDirectory, type DirectoryResult } from 'tmp-promise'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { run } from '../helpers.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const native = fileURLToPath(new URL('../../native/', import.meta.url))
const arenaNames = ['arena', 'hosts', 'process_table', 'registry', 'journal', 'life']
/** The program comes before these calls of the arena's own. */
const wrapped: Readonly<Record<string, readonly string[]>> = { journal_claims: ['-Wl,--wrap=life_process_dead'] }
const flags = ['-std=gnu11', '-D_GNU_SOURCE', '-O1', '-g', '-Wall', '-Wextra', '-Werror', '-pthread']

function sourcesOf(name: string): string[] {
  if (name !== 'guard') return [join(here, `${name}.c`)]
  const own = readdirSync(join(native, 'guard')).filter((file) => file.endsWith('.c'))
  return own.map((file) => join(native, 'guard', file))
}

async function compile(directory: string, ...args: readonly string[]): Promise<void> {
  const { status, stderr } = await run({ command: 'cc', args: [...flags, ...args], cwd: directory, timeoutMs: 60_000 })
  if (status !== 'exit 0') throw new Error(`cc ${args.join(' ')} ended with ${status}\n${stderr}`)
}

export type Programs<Name extends string> = {
  path(name: Name): string
  /** Runs to the end and returns the object that it prints; rejects with what it says when it fails. */
  run(name: Name, ...args: string[]): Promise<Record<string, unknown>>
}

/** Builds the programs before the tests of a file. */
export function usePrograms<Name extends string>(...names: readonly Name[]): Programs<Name> {
  let built: DirectoryResult | null = null
  const path = (name: Name): string => join(built?.path ?? '', name)

  beforeAll(async () => {
    built = await makeDirectory({ prefix: 'arena-programs', unsafeCleanup: true })
    await compile(built.path, '-c', ...arenaNames.map((name) => join(native, 'shim', `${name}.c`)))
    const objects = arenaNames.map((name) => `${name}.o`)
    for (const name of names)
      await compile(built.path, '-o', name, ...sourcesOf(name), ...objects, ...(wrapped[name] ?? []))
  })
  afterAll(async () => built?.cleanup())

  return {
    path,
    async run(name, ...args) {
      const result = await run({ command: path(name), args })
      const last = result.lines.at(-1)
      if (result.status !== 'exit 0' || last === undefined)
        throw new Error(`${name} ${args.join(' ')} ended with ${result.status}\n${result.stderr}`)
      return JSON.parse(last) as Record<string, unknown>
    },
  }
}

/** A directory for each test. */
export function useDirectory(): () => string {
  let directory: DirectoryResult | null = null
  beforeEach(async () => {
    directory = await makeDirectory({ prefix: 'arena', unsafeCleanup: true })
  })
  afterEach(async () => directory?.cleanup())
  return () => directory?.path ?? ''
}

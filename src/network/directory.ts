// The directory of one network: a short path on a fast file system, whatever TMPDIR is, and nothing left of dead workers.
import { readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { dir as makeTemporary } from 'tmp-promise'
import { SocketWrapperError } from '../errors.ts'

/** The shim's limit: sun_path (108 bytes) less the longest name in the directory and the final zero. See native/shim/name.h. */
export const maxPathBytes = 94

/** How long a directory that was kept for its reader stays on disk, in ms. */
const keptForMs = 24 * 60 * 60 * 1000
const keptNote = 'kept'

export type Directory = {
  readonly path: string
  remove(): Promise<void>
  /** Leaves it on disk, with a file `kept` that says why. */
  keep(note: string): Promise<void>
}

/** Where directories are made, best first: memory before disk. */
export function baseDirectories(env: NodeJS.ProcessEnv = process.env): string[] {
  const runtime = env['XDG_RUNTIME_DIR']
  const bases = [...(runtime?.startsWith('/') ? [runtime] : []), '/dev/shm', '/tmp']
  return [...new Set(bases)]
}

/**
 * Makes a directory in the first base that takes it.
 * @param prepare - fills it; when it throws, the next base is tried.
 * @throws SocketWrapperError `DIRECTORY_UNUSABLE` with the reason of each base.
 */
export async function makeDirectory(bases: readonly string[], prepare: (path: string) => void): Promise<Directory> {
  const tried: { place: string; reason: string }[] = []
  for (const base of bases) {
    try {
      return await makeIn(base, prepare)
    } catch (error) {
      tried.push({ place: base, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  throw new SocketWrapperError('DIRECTORY_UNUSABLE', { tried })
}

async function makeIn(base: string, prepare: (path: string) => void): Promise<Directory> {
  const template = `${await prefix()}-XXXXXX`
  const lengthBytes = Buffer.byteLength(join(base, template))
  if (lengthBytes > maxPathBytes)
    throw new Error(`the path would have ${lengthBytes} bytes, at most ${maxPathBytes} fit`)
  const made = await makeTemporary({ tmpdir: base, template, mode: 0o700, unsafeCleanup: true })
  try {
    // The base may be a symbolic link to a longer path.
    if (Buffer.byteLength(made.path) > maxPathBytes) throw new Error(`${made.path} has more than ${maxPathBytes} bytes`)
    prepare(made.path)
  } catch (error) {
    await made.cleanup()
    throw error
  }
  return {
    path: made.path,
    remove: () => rm(made.path, { recursive: true, force: true }),
    keep: (note) => writeFile(join(made.path, keptNote), `${note}\n`),
  }
}

/**
 * Removes what workers left that were killed together with their guard, and what was kept long enough.
 * Returns the removed paths.
 */
export async function removeStale(bases: readonly string[], now: number = Date.now()): Promise<string[]> {
  const space = await pidSpace()
  const removed: string[] = []
  for (const base of bases) {
    for (const name of await readdir(base).catch(() => [])) {
      const [, pid, owner] = /^vsw-(\d+)-([0-9a-z]+)-\w{6}$/.exec(name) ?? []
      // In a directory shared between containers, a pid of another pid namespace says nothing here.
      if (pid === undefined || owner !== space || isAlive(Number(pid))) continue
      const path = join(base, name)
      const note = await stat(join(path, keptNote)).catch(() => null)
      if (note !== null && now - note.mtimeMs < keptForMs) continue
      await rm(path, { recursive: true, force: true }).then(
        () => removed.push(path),
        () => undefined, // another user's
      )
    }
  }
  return removed
}

async function prefix(): Promise<string> {
  return `vsw-${process.pid}-${await pidSpace()}`
}

let space: Promise<string> | undefined

/** Tells pid namespaces apart, boots included: a few letters of both identities. */
function pidSpace(): Promise<string> {
  return (space ??= Promise.all([
    readlink('/proc/self/ns/pid').catch(() => ''),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
  ]).then(([namespace, boot]) => {
    const number = /\d+/.exec(namespace)?.[0] ?? '0'
    return (BigInt(number) ^ BigInt(`0x${boot.slice(0, 8) || '0'}`)).toString(36)
  }))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

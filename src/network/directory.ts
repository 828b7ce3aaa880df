// The directory of one network: a short path on a fast file system, whatever TMPDIR is, and nothing left of dead workers.
import { readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { dirSync } from 'tmp-promise'
import { SocketWrapperError } from '../errors.ts'

/** The shim's limit: sun_path (108 bytes) less the longest name in the directory and the final zero. See native/shim/name.h. */
export const maxPathBytes = 88

/** A directory that was kept for its reader stays for a day, unless newer ones come: it is memory, 64 MiB of it in a container of Docker. */
const keptForMs = 24 * 60 * 60 * 1000
const keptAtMost = 20
const keptNote = 'kept'

export type Directory = {
  readonly path: string
  remove(): void
  /** Leaves it on disk, with a file `kept` that says why. */
  keep(note: string): void
}

/** Where directories are made, best first: memory before disk. */
export function baseDirectories(env: NodeJS.ProcessEnv = process.env, user = process.geteuid?.()): string[] {
  // Root's own lets no other user through, and root's servers become other users.
  const runtime = user === 0 ? undefined : env['XDG_RUNTIME_DIR']
  const bases = [...(runtime?.startsWith('/') ? [runtime] : []), '/dev/shm', '/tmp']
  return [...new Set(bases)]
}

/**
 * Makes a directory in the first base that takes it.
 * @param prepare - fills it; when it throws, the next base is tried.
 * @throws SocketWrapperError `DIRECTORY_UNUSABLE` with the reason of each base.
 */
export function makeDirectory(bases: readonly string[], prepare: (path: string) => void): Directory {
  const tried: { place: string; reason: string }[] = []
  for (const base of bases) {
    try {
      return makeIn(base, prepare)
    } catch (error) {
      tried.push({ place: base, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  throw new SocketWrapperError('DIRECTORY_UNUSABLE', { tried })
}

/** Synchronous, as the removal is: a few calls on memory, where handing each one to a thread costs ten times as much (measured: 1.9 ms). */
function makeIn(base: string, prepare: (path: string) => void): Directory {
  const template = `vsw-${process.pid}-${pidSpace()}-XXXXXX`
  const lengthBytes = Buffer.byteLength(join(base, template))
  if (lengthBytes > maxPathBytes)
    throw new Error(`the path would have ${lengthBytes} bytes, at most ${maxPathBytes} fit`)
  // keep: whether it stays is decided here, also for a user of tmp who cleans up at the end of the process.
  const path = dirSync({ tmpdir: base, template, mode: 0o700, keep: true }).name
  const remove = (): void => rmSync(path, { recursive: true, force: true })
  try {
    // The base may be a symbolic link to a longer path.
    if (Buffer.byteLength(path) > maxPathBytes) throw new Error(`${path} has more than ${maxPathBytes} bytes`)
    prepare(path)
  } catch (error) {
    remove()
    throw error
  }
  return { path, remove, keep: (note) => writeFileSync(join(path, keptNote), `${note}\n`) }
}

/**
 * Removes what workers left that were killed together with their guard, and what was kept long enough.
 * Returns the removed paths.
 */
export async function removeStale(bases: readonly string[], now: number = Date.now()): Promise<string[]> {
  const removed: string[] = []
  for (const base of bases) {
    const left = await findLeft(base)
    const kept = left.filter(({ keptAtMs }) => keptAtMs !== null && now - keptAtMs < keptForMs)
    kept.sort((one, other) => Number(other.keptAtMs) - Number(one.keptAtMs))
    const stays = new Set(kept.slice(0, keptAtMost))
    for (const directory of left) {
      if (stays.has(directory)) continue
      await rm(directory.path, { recursive: true, force: true }).then(
        () => removed.push(directory.path),
        () => undefined, // another user's
      )
    }
  }
  return removed
}

type Left = { readonly path: string; readonly keptAtMs: number | null }

/** The directories of workers that have ended. In a base that containers share, a pid of another pid namespace says nothing here. */
async function findLeft(base: string): Promise<Left[]> {
  const left: Left[] = []
  for (const name of await readdir(base).catch(() => [])) {
    const [, pid, owner] = /^vsw-(\d+)-([0-9a-z]+)-\w{6}$/.exec(name) ?? []
    if (pid === undefined || owner !== pidSpace() || isAlive(Number(pid))) continue
    const path = join(base, name)
    const note = await stat(join(path, keptNote)).catch(() => null)
    left.push({ path, keptAtMs: note?.mtimeMs ?? null })
  }
  return left
}

let space: string | undefined

/** Tells pid namespaces apart, boots included: a few letters of both identities. */
function pidSpace(): string {
  if (space !== undefined) return space
  const namespace = attempt(() => readlinkSync('/proc/self/ns/pid'))
  const boot = attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))
  const number = BigInt(/\d+/.exec(namespace)?.[0] ?? 0)
  space = (number ^ BigInt(`0x${boot.slice(0, 8) || '0'}`)).toString(36)
  return space
}

function attempt(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}

/** A killed worker whose parent has not asked for its end yet is a zombie: it answers signals and uses nothing. */
function isAlive(pid: number): boolean {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3)
  return stat !== '' && state !== 'Z' && state !== 'X'
}

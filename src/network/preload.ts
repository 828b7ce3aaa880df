// Where the programs of a network find the preload library. A server that root starts may go on as another user, who cannot read a project
// in root's home: its network then has a copy of the library.
import { chmodSync, copyFileSync, existsSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import process from 'node:process'
import { SocketWrapperError } from '../errors.ts'
import { shimPath } from '../native.ts'

const READ = 0o004
const SEARCH = 0o001

/** Whether each user of the machine may read the file: its mode, and those of the directories above it. */
export function isReadableByAll(file: string): boolean {
  if ((statSync(file).mode & READ) === 0) return false
  for (let above = dirname(file); ; above = dirname(above)) {
    if ((statSync(above).mode & SEARCH) === 0) return false
    if (above === dirname(above)) return true
  }
}

let needsCopy: boolean | null = null

/** The library for the LD_PRELOAD of a network's programs. */
export function preloadPath(dir: string): string {
  needsCopy ??= process.geteuid?.() === 0 && !isReadableByAll(shimPath)
  if (!needsCopy) return shimPath
  const copy = join(dir, basename(shimPath))
  if (!existsSync(dir)) throw new SocketWrapperError('DIRECTORY_GONE', { dir })
  if (!existsSync(copy)) {
    copyFileSync(shimPath, copy)
    chmodSync(copy, 0o755)
  }
  return copy
}

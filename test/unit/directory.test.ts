import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { baseDirectories, makeDirectory, removeStale } from '../../src/network/directory.ts'

let base: string

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'vsw-base-'))
})
afterEach(() => rm(base, { recursive: true, force: true }))

test('bases are on memory before disk, and TMPDIR is none', () => {
  expect(baseDirectories({ XDG_RUNTIME_DIR: '/run/user/7', TMPDIR: '/elsewhere' }, 7)).toEqual([
    '/run/user/7',
    '/dev/shm',
    '/tmp',
  ])
  expect(baseDirectories({ XDG_RUNTIME_DIR: '/run/user/0' }, 0)).toEqual(['/dev/shm', '/tmp'])
  expect(baseDirectories({ XDG_RUNTIME_DIR: '' })).toEqual(['/dev/shm', '/tmp'])
  expect(baseDirectories({ XDG_RUNTIME_DIR: 'relative' })).toEqual(['/dev/shm', '/tmp'])
})

test('a directory is private, named after its worker, and gone when it is removed', async () => {
  const directory = makeDirectory([base], () => undefined)
  expect(directory.path).toMatch(new RegExp(`^${base}/vsw-${process.pid}-[0-9a-z]+-\\w{6}$`))
  expect((await stat(directory.path)).mode & 0o777).toBe(0o700)
  await writeFile(join(directory.path, 'T010050'), '')
  directory.remove()
  directory.remove()
  expect(await readdir(base)).toEqual([])
})

test('the next base is taken when one is missing, too long, or does not take what belongs in it', async () => {
  const long = join(base, 'x'.repeat(80))
  await mkdir(long)
  const full = join(base, 'full')
  await mkdir(full)
  const prepare = (path: string): void => {
    if (path.startsWith(full)) throw new Error('ENOSPC: no space left on device')
  }
  const directory = makeDirectory([join(base, 'missing'), long, full, base], prepare)
  expect(directory.path.startsWith(`${base}/vsw-`)).toBe(true)
  directory.remove()
  expect(await readdir(full)).toEqual([])
  let failure = ''
  try {
    makeDirectory([join(base, 'missing'), long, full], prepare)
  } catch (error) {
    failure = String(error)
  }
  expect(failure).toMatch(/^SocketWrapperError: No directory for a network can be made\. .*107 bytes at most/)
  expect(failure).toMatch(/missing: ENOENT/)
  expect(failure).toMatch(/x: the path would have \d+ bytes, at most 88 fit/)
  expect(failure).toMatch(/full: ENOSPC/)
})

test('what dead workers left goes; what is alive, kept, or of others stays', async () => {
  const { path: alive } = makeDirectory([base], () => undefined)
  const deadPid = 4194303 // above PID_MAX_LIMIT's last pid: nobody's
  const named = (suffix: string): string =>
    alive.replace(`vsw-${process.pid}-`, `vsw-${deadPid}-`).replace(/\w{6}$/, suffix)
  const [dead, kept, old] = [named('dead00'), named('kept00'), named('old000')]
  for (const path of [dead, kept, old, join(base, `vsw-${deadPid}-other-xxxxxx`), join(base, 'vsw-something')])
    await mkdir(path)
  for (const path of [kept, old]) await writeFile(join(path, 'kept'), '')
  await utimes(join(old, 'kept'), new Date(0), new Date(0))
  expect((await removeStale([base, join(base, 'missing')])).toSorted()).toEqual([dead, old].toSorted())
  expect([alive, kept, dead, old].map((path) => existsSync(path))).toEqual([true, true, false, false])
  expect(await readdir(base)).toHaveLength(4)
})

test('what a killed worker left goes, also before its parent has taken notice', async () => {
  // The shell becomes a program that never asks for the end of its child.
  const parent = spawn('sh', ['-c', 'cat <&3 & echo $!; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
  })
  const [, out, , pipe] = parent.stdio
  try {
    const [line] = (await once(out as Readable, 'data')) as [Buffer]
    const zombie = Number(line.toString())
    const read = (pid: number, file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8')
    while (read(parent.pid ?? 0, 'comm') !== 'sleep\n') await setImmediate()
    ;(pipe as Writable).destroy()
    while (!/\) Z /.test(read(zombie, 'stat'))) await setImmediate()
    const own = makeDirectory([base], () => undefined).path
    const left = own.replace(`vsw-${process.pid}-`, `vsw-${zombie}-`)
    await rename(own, left)
    expect(await removeStale([base])).toEqual([left])
  } finally {
    parent.kill('SIGKILL')
  }
})

test('of what is kept, the newest twenty stay', async () => {
  const { path } = makeDirectory([base], () => undefined)
  const kept = Array.from({ length: 22 }, (_, number) =>
    path.replace(`vsw-${process.pid}-`, 'vsw-4194303-').replace(/\w{6}$/, `kept${String(number).padStart(2, '0')}`),
  )
  const now = Date.now()
  for (const [number, each] of kept.entries()) {
    await mkdir(each)
    await writeFile(join(each, 'kept'), '')
    await utimes(join(each, 'kept'), now / 1000, now / 1000 - number)
  }
  expect((await removeStale([base], now)).toSorted()).toEqual(kept.slice(20))
})

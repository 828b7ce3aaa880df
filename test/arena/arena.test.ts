import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../helpers.ts'
import { useDirectory, usePrograms } from './build.ts'

const programs = usePrograms('arena_create', 'arena_hostile', 'arena_tables')
const directory = useDirectory()
const isRoot = process.getuid?.() === 0

test('a new arena is readable by its owner alone and has an id of its own', async () => {
  const other = join(directory(), 'other')
  mkdirSync(other)
  const first = await programs.run('arena_create', directory(), '64')
  const second = await programs.run('arena_create', other, '64')
  expect([first['result'], second['result']]).toEqual(['0', '0'])
  expect(statSync(join(directory(), 'arena')).mode & 0o777).toBe(0o600)
  expect(first['id']).not.toBe(second['id'])
  expect(first['id']).not.toBe('0')
})

test('an arena is not made twice, nor with counts that are no power of two, nor where there is no directory', async () => {
  expect(await programs.run('arena_create', directory(), '100')).toMatchObject({ result: 'EINVAL' })
  expect(await programs.run('arena_create', directory(), '64')).toMatchObject({ result: '0' })
  expect(await programs.run('arena_create', directory(), '64')).toMatchObject({ result: 'EEXIST' })
  expect(await programs.run('arena_create', join(directory(), 'none'), '64')).toMatchObject({ result: 'ENOENT' })
  expect(await programs.run('arena_create', `/${'n'.repeat(4200)}`, '64')).toMatchObject({ result: 'ENAMETOOLONG' })
})

// Nothing is forbidden to root.
test.skipIf(isRoot)('an arena in a directory that may not be written is refused', async () => {
  chmodSync(directory(), 0o500)
  expect(await programs.run('arena_create', directory(), '64')).toMatchObject({ result: 'EACCES' })
})

// Only root may mount a file system; in a mount namespace of its own it goes away by itself.
test.runIf(isRoot)('a full disk is noticed when the arena is made, and leaves no file behind', async () => {
  const script = 'mount -t tmpfs -o size=64k tmpfs "$1" && "$0" "$1" 4096 && ls -A "$1"'
  const args = ['--mount', 'sh', '-c', script, programs.path('arena_create'), directory()]
  expect(await run({ command: 'unshare', args })).toEqual({
    lines: ['{"result":"ENOSPC","id":"0"}'],
    status: 'exit 0',
    stderr: '',
  })
})

test('a limit of the file size is noticed when the arena is made: no file, and no SIGXFSZ', async () => {
  expect(await programs.run('arena_create', directory(), '4096', '65536')).toEqual({ result: 'EFBIG', id: '0' })
  expect(readdirSync(directory())).toEqual([])
})

test.each([
  ['a file that is too short or too long is no arena', 'cut'],
  ['each word of the head is checked', 'words'],
  ['random bytes are no arena', 'random'],
  ['a FIFO, a directory or a symbolic link is no arena', 'kinds'],
  ['an arena that somebody has scribbled in harms nobody who uses it', 'contents'],
])('%s', async (_sentence, name) => {
  expect(await programs.run('arena_hostile', directory(), name)).toEqual({})
})

test.each([
  ['hosts are found by each of their names, and a name belongs to one host', 'hosts'],
  ['a process has one row, described by the fixture that spawned it and by itself', 'processes'],
  ['a full process table gives the rows of processes that are gone to new ones, and counts the rest', 'full'],
  ['processes that register at once have a row each', 'crowd'],
  ['ports and message ids are given out one after the other', 'counters'],
  ['threads and the children of fork and vfork know who they are', 'identity'],
])('%s', async (_sentence, name) => {
  expect(await programs.run('arena_tables', directory(), name)).toEqual({})
})

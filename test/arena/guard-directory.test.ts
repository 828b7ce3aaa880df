import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { closePipe, isAlive, useGuard } from './guarded.ts'

const { directory, makeNetwork, startGuard, stay } = useGuard()

test('processes are found when the directory is gone already', async () => {
  const dir = await makeNetwork()
  const guard = startGuard()
  guard.send(`+${dir}\n`)
  const pid = await stay(dir)
  await guard.isWatching(dir)
  rmSync(dir, { recursive: true })
  await closePipe(guard)
  expect(isAlive(pid)).toBe(false)
})

test('an arena that was cut short does not stop the guard', async () => {
  const dir = await makeNetwork()
  const guard = startGuard()
  guard.send(`+${dir}\n`)
  await guard.isWatching(dir)
  const pid = await stay(dir, 'alone', { SOCKET_WRAPPER_DIR: dir })
  truncateSync(join(dir, 'arena'), 0)
  await closePipe(guard)
  expect(isAlive(pid)).toBe(false)
})

test('a directory with another arena, or none, is not removed', async () => {
  const dirs = [await makeNetwork('replaced'), await makeNetwork('without'), await makeNetwork('link')] as const
  const guard = startGuard()
  for (const dir of dirs) guard.send(`+${dir}\n`)
  await guard.isWatching(dirs[2])
  rmSync(dirs[0], { recursive: true })
  await makeNetwork('replaced')
  rmSync(join(dirs[1], 'arena'))
  renameSync(dirs[2], `${dirs[2]}-moved`)
  symlinkSync(`${dirs[2]}-moved`, dirs[2])
  await closePipe(guard)
  expect(readdirSync(directory()).toSorted()).toEqual(['link', 'link-moved', 'replaced', 'without'])
  expect(readdirSync(`${dirs[2]}-moved`)).toEqual(['arena'])
})

test('symbolic links in the directory are removed, what they point at is not', async () => {
  const dir = await makeNetwork()
  const outside = join(directory(), 'outside')
  mkdirSync(outside)
  writeFileSync(join(outside, 'file'), 'precious')
  symlinkSync(outside, join(dir, 'lo02'))
  symlinkSync(join(outside, 'file'), join(dir, 'T010050'))
  const guard = startGuard()
  guard.send(`+${dir}\n`)
  await closePipe(guard)
  expect(existsSync(dir)).toBe(false)
  expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('precious')
})

test('lines that are none are ignored', async () => {
  const dir = await makeNetwork()
  const pid = await stay(dir)
  const guard = startGuard()
  const relative = `+${dir.slice(1)}\n`
  const long = `+${dir}/${'../network/'.repeat(1000)}\n`
  const lines = [
    '\n',
    '+\n',
    '-\n',
    '+ \n',
    `${dir}\n`,
    `*${dir}\n`,
    relative,
    long,
    `+${dir}/arena\n`,
    `+${dir}\0\n`,
    '+/proc/self\n',
  ]
  for (const line of lines) guard.send(line)
  guard.send(Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 37) % 256)))
  guard.send(`\n+${dir}`)
  await closePipe(guard)
  expect(isAlive(pid)).toBe(true)
  expect(existsSync(dir)).toBe(true)
})

test('the guard is deaf to the signals of a terminal, leads its own session and holds nothing of the worker', async () => {
  const dir = await makeNetwork()
  const guard = startGuard()
  guard.send(`+${dir}\n`)
  await guard.isWatching(dir)
  const proc = `/proc/${String(guard.process.pid)}`
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) guard.process.kill(signal)
  const descriptors = readdirSync(`${proc}/fd`).toSorted()
  expect(descriptors).toEqual(['0', '1', '2'])
  expect(descriptors.slice(1).map((fd) => readlinkSync(`${proc}/fd/${fd}`))).toEqual(['/dev/null', '/dev/null'])
  expect(readlinkSync(`${proc}/cwd`)).toBe('/')
  const [, session] = /\) . \d+ \d+ (\d+) /.exec(readFileSync(`${proc}/stat`, 'utf8')) ?? []
  expect(Number(session)).toBe(guard.process.pid)
  await closePipe(guard)
  expect(existsSync(dir)).toBe(false)
})

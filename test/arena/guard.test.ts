import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test, vi } from 'vitest'
import { closePipe, endAfterTest, isAlive, start, startPids, useGuard } from './guarded.ts'

const { makeNetwork, path, startGuard, stay, writeRow } = useGuard()
const UNDER_SHIM = '1'
const TEST = '4'

test('processes deaf to SIGTERM, daemons and processes without the shim end within a second, and the directory goes', async () => {
  const dir = await makeNetwork()
  const guard = startGuard()
  guard.send(`+${dir}\n`)
  const env = { SOCKET_WRAPPER_DIR: dir }
  const pids = [
    await stay(dir),
    await stay(dir, 'daemon'),
    ...(await startPids(
      'sh',
      ['-c', 'trap "" TERM; (sleep 1000 & echo $!); echo $$; while :; do sleep 1000; done'],
      env,
      2,
    )),
  ]
  mkdirSync(join(dir, 'lo02', 'deeper'), { recursive: true })
  writeFileSync(join(dir, 'lo02', 'deeper', 'file'), 'text')
  expect(pids.filter(isAlive)).toEqual(pids)
  expect(await closePipe(guard)).toBeLessThan(1000)
  expect(pids.filter(isAlive)).toEqual([])
  expect(existsSync(dir)).toBe(false)
})

test('descendants that neither register nor carry the directory in their environment end with their ancestor', async () => {
  const dir = await makeNetwork()
  const guard = startGuard()
  guard.send(`+${dir}\n`)
  const script = 'env -i sh -c "sleep 1000 & echo \\$!; wait" & echo $!; wait'
  const pids = await startPids('sh', ['-c', script], { SOCKET_WRAPPER_DIR: dir }, 2)
  await closePipe(guard)
  expect(pids.filter(isAlive)).toEqual([])
})

test('a program that forks and exits all the time is caught', async () => {
  const dir = await makeNetwork()
  const guard = startGuard()
  guard.send(`+${dir}\n`)
  const { process: runner } = start(path('guard_process'), [dir, 'runner'])
  if (runner.stdout === null) throw new Error('no stdout')
  const [line] = await once(createInterface({ input: runner.stdout }), 'line')
  expect(Number(line)).toBe(runner.pid)
  const ended = once(runner.stdout, 'close') // nobody holds the other end any more
  const before = performance.now()
  await closePipe(guard)
  await ended
  expect(performance.now() - before).toBeLessThan(2000) // by itself it ends after ten seconds
})

test('a network that was taken back keeps its processes and its directory, the others do not', async () => {
  const dirs = [await makeNetwork('first'), await makeNetwork('second'), await makeNetwork('third')] as const
  const guard = startGuard()
  const pids = [await stay(dirs[0]), await stay(dirs[1]), await stay(dirs[2])]
  guard.send(dirs.map((dir) => `+${dir}\n`).join('') + `+${dirs[2]}\n-${dirs[0]}\n-${dirs[0]}\n-/nowhere\n`)
  await closePipe(guard)
  expect(pids.map(isAlive)).toEqual([true, false, false])
  expect(dirs.map((dir) => existsSync(dir))).toEqual([true, false, false])
})

test('a recycled pid is spared, and so is a row that claims the future or names the test itself', async () => {
  const dir = await makeNetwork()
  const pids = [
    await stay(dir, 'alone'),
    await stay(dir, 'alone'),
    await stay(dir, 'alone'),
    await stay(dir, 'alone'),
  ] as const
  await writeRow(dir, pids[0], 'past', UNDER_SHIM)
  await writeRow(dir, pids[1], 'future', UNDER_SHIM)
  await writeRow(dir, pids[2], 'now', TEST)
  await writeRow(dir, pids[3], 'now', UNDER_SHIM)
  const guard = startGuard()
  guard.send(`+${dir}\n`)
  await closePipe(guard)
  expect(pids.map(isAlive)).toEqual([true, true, true, false])
})

test('a process that is older than the worker is spared, whatever the arena says', async () => {
  const dir = await makeNetwork()
  const pid = await stay(dir)
  const worker = start('sh', ['-c', '"$0"; exit $?', path('guard')])
  worker.process.stdin?.write(`+${dir}\n`)
  await closePipe(worker)
  expect(isAlive(pid)).toBe(true)
  expect(existsSync(dir)).toBe(false)
})

test('nothing is left a second after a worker was killed with SIGKILL', async () => {
  const dir = await makeNetwork()
  const script = `
    const { spawn } = require('node:child_process')
    const [guard, server, dir] = process.argv.slice(1)
    const watcher = spawn(guard, [], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
    watcher.stdin.write('+' + dir + '\\n')
    spawn(server, [dir, 'stay'], { stdio: ['ignore', 'inherit', 'inherit'] })
    spawn(server, [dir, 'daemon'], { stdio: ['ignore', 'inherit', 'inherit'] })`
  const worker = start(process.execPath, ['-e', script, path('guard'), path('guard_process'), dir])
  const { stdout } = worker.process
  if (stdout === null) throw new Error('no stdout')
  const pids: number[] = []
  endAfterTest(pids)
  for await (const line of createInterface({ input: stdout })) if (pids.push(Number(line)) === 2) break
  const before = performance.now()
  worker.process.kill('SIGKILL')
  await vi.waitFor(() => expect([pids.filter(isAlive), existsSync(dir)]).toEqual([[], false]), {
    interval: 5,
    timeout: 5000,
  })
  expect(performance.now() - before).toBeLessThan(1000)
})

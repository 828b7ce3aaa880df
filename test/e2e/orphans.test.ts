import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

import { startVitest } from './project.ts'

const forever = `
import { test } from 'vitest-environment-socket-wrapper/test'
test('never ends', async ({ network }) => {
  const own = "process.on('SIGTERM', () => {}); require('net').createServer().listen(80)"
  const server = await network.spawn('sh', ['-c', 'sleep 600 & exec node -e "' + own + '"'])
  const daemon = await network.spawn('sh', ['-c', '(echo up; exec setsid sleep 600) &'], { ready: /up/ })
  await daemon.exited
  console.log('<' + JSON.stringify({ worker: process.pid, dir: network.dir, pids: [...server.pids(), ...daemon.pids()] }) + '>')
  await new Promise(() => setInterval(() => {}, 1000))
})`

type Told = { worker: number; dir: string; pids: number[] }

/** A zombie has no directory. */
const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}/cwd`)

async function gone(isThere: () => boolean): Promise<number> {
  const start = performance.now()
  while (isThere()) {
    if (performance.now() - start > 10_000) throw new Error('still there after 10 s')
    await new Promise((resolve) => setImmediate(resolve))
  }
  return performance.now() - start
}

describe.each(['forks', 'threads'])('pool %s', (pool) => {
  test.each(['worker', 'vitest'] as const)(
    'no process and no directory is left a second after SIGKILL of the %s',
    async (victim) => {
      const vitest = await startVitest({
        files: { 'a.test.ts': forever },
        config: `pool: '${pool}', testTimeout: 0`,
      })
      const [, json = ''] = await vitest.find(/<(\{.*\})>/)
      const { worker, dir, pids } = JSON.parse(json) as Told
      expect(pids).toHaveLength(3)
      expect([...pids.map(isAlive), existsSync(dir)]).toEqual([true, true, true, true])
      process.kill(victim === 'worker' ? worker : (vitest.child.pid ?? 0), 'SIGKILL')
      const afterMs = await gone(() => pids.some(isAlive) || existsSync(dir))
      expect(afterMs).toBeLessThan(1000)
    },
  )
})

test('a directory whose guard was killed too is removed by the next run', async () => {
  const first = await startVitest({ files: { 'a.test.ts': forever }, config: 'testTimeout: 0' })
  const [, json = ''] = await first.find(/<(\{.*\})>/)
  const { worker, dir, pids } = JSON.parse(json) as Told
  const { execFileSync } = await import('node:child_process')
  const guard = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(worker)], { encoding: 'utf8' })
  const guardPid = Number(/^ *(\d+) \S*\/guard$/m.exec(guard)?.[1])
  for (const pid of [guardPid, worker, ...pids]) process.kill(pid, 'SIGKILL')
  first.child.kill('SIGKILL')
  await first.outcome
  await gone(() => isAlive(worker))
  expect(existsSync(dir)).toBe(true)
  const second = await startVitest({
    files: { 'a.test.ts': "import { test } from 'vitest'\ntest('empty', () => {})" },
  })
  expect((await second.outcome).exitCode).toBe(0)
  expect(existsSync(dir)).toBe(false)
})

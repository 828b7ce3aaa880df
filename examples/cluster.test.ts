import { expect, test } from 'vitest-environment-socket-wrapper/test'

const master = new URL('cluster/master.mjs', import.meta.url)
const requests = Array.from({ length: 200 }, (_, index) => index)

async function askWorker(): Promise<number> {
  const response = await fetch('http://web/')
  return Number(await response.text())
}

test('SCHED_RR: the master accepts, and each connection travels to a worker', async ({ network }) => {
  const cluster = await network.host('web').fork(master)
  expect(cluster).toBeListeningOn(80)
  expect(await cluster.stdout.lines().next()).toMatchObject({ value: '4 workers listen' })

  const workers = await Promise.all(requests.map(askWorker))

  expect(new Set(workers).size).toBe(4)
  for (const _ of requests) {
    const pass = await network.nextPass({ from: cluster })
    expect(pass).toRecreateSocketInfo()
    expect(pass).toBeConnectedTo({ host: 'test' })
    expect(pass).toHaveSocketInfo({ type: 'stream', local: { port: 80 }, state: 'connected' })
    expect(workers).toContain(pass.to?.pid)
  }
})

test('SCHED_NONE: the listener travels to every worker, and they accept', async ({ network }) => {
  const cluster = await network.host('web').fork(master, ['none'])
  const receivers = new Set<number | undefined>()
  for (let worker = 0; worker < 4; worker++) {
    const pass = await network.nextPass()
    expect(pass).toRecreateSocketInfo()
    expect(pass.from.pid).toBe(cluster.pid)
    expect(pass).toHaveSocketInfo({ type: 'stream', local: { port: 80 }, peer: null })
    receivers.add(pass.to?.pid)
  }

  const workers = await Promise.all(requests.map(askWorker))

  expect(receivers.size).toBe(4)
  for (const worker of workers) expect(receivers).toContain(worker)
  expect(network.passes).toHaveLength(4)
})

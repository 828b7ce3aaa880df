// ApacheBench as the load on a web server: it counts each answer that is not whole, and gives up at the first refused connection.
import { expect, type Network, type Running } from 'vitest-environment-socket-wrapper/test'

/** @param requests - how many; without end when it is left out. */
export function startLoad(
  network: Network,
  url: string,
  options: readonly string[] = [],
  requests = 1_000_000,
): Promise<Running> {
  // -l: answers may differ in their length, before and after a reload.
  return network.spawn('ab', ['-q', '-l', '-r', '-c', '16', '-n', String(requests), ...options, url], {
    ready: 'spawned',
  })
}

/** Waits for the end of a load and says how many requests it made. Each one must have been answered with 200. */
export async function allAnswered(ab: Running): Promise<number> {
  const { code } = await ab.exited
  await ab.stdout.settled(1000)
  const report = ab.stdout.text()
  expect(code === 0 || code === 1, ab.stderr.text()).toBe(true) // 1: it was interrupted
  expect(report, ab.stderr.text()).toMatch(/^Failed requests: +0$/m)
  expect(report).not.toMatch(/Non-2xx|Write errors/)
  return Number(/^Complete requests: +(\d+)$/m.exec(report)?.[1])
}

/** Ends a load without end. */
export function endLoad(ab: Running): Promise<number> {
  expect(ab.exit, 'the load was over too early').toBe(null)
  ab.signal('SIGINT')
  return allAnswered(ab)
}

// The load that a web server is under while something happens to it.
import { once } from 'node:events'
import { expect, type Network } from 'vitest-environment-socket-wrapper/test'

export type Load = {
  /** Ends it: each request must have been answered with 200, on a connection of its own. */
  end(): Promise<void>
}

/** @param url - with an address: a name would bring a second one, for when the first one does not answer. */
export async function startLoad(network: Network, url: string): Promise<Load> {
  const client = await network.fork(new URL('load/client.mjs', import.meta.url), [url], { ready: /^started$/ })
  return {
    async end() {
      const ended = once(client.child, 'message')
      client.child.send('stop')
      const [report] = await ended
      expect(report).toEqual({ answers: expect.any(Number), failures: [] })
    },
  }
}

/** `requests` of ApacheBench, four at a time. */
export async function bench(network: Network, url: string, requests: number, ...options: string[]): Promise<void> {
  const args = ['-q', '-l', '-n', String(requests), '-c', '4', ...options, url]
  const ab = await network.spawn('ab', args, { ready: 'exit' })
  const report = ab.stdout.text()
  expect(report, ab.stderr.text()).toMatch(new RegExp(`^Complete requests: +${requests}$`, 'm'))
  expect(report).toMatch(/^Failed requests: +0$/m)
  expect(report).not.toMatch(/Non-2xx|Write errors/)
}

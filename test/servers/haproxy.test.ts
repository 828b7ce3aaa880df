// @vitest-environment socket-wrapper
import { expect, type Network, type Running } from 'vitest-environment-socket-wrapper/test'

import { startLoad } from './load.ts'
import { get, isRoot, type Place, test } from './place.ts'

const configuration = (place: Place, generation: number): string => `
global
  stats socket ${place.dir}/admin.sock mode 600 level admin expose-fd listeners
  ${isRoot ? `user haproxy\n  chroot ${place.dir}` : ''}
  maxconn 1000
  log stderr format raw local0
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend web
  bind :80
  bind :::80 v6only
  bind 10.53.57.2:8080
  http-request return status 200 content-type text/plain lf-string "generation ${generation} on %fi"
frontend proxy
  bind :81
  default_backend app
backend app
  option http-server-close  # 2.6.12 crashes at its end when it has idle connections: haproxy/haproxy issue 2114
  server app app:3000
`

const app = `require('http').createServer((request, response) => response.end('app')).listen(3000)`
async function startHaproxy(network: Network, place: Place, generation: number, old?: Running): Promise<Running> {
  const args = ['-f', await place.write('haproxy.cfg', configuration(place, generation))]
  if (old !== undefined) args.push('-x', `${place.dir}/admin.sock`, '-sf', String(old.pid))
  // One that gets its listeners never calls listen.
  return network.host('web').spawn('/usr/sbin/haproxy', args, { ready: old === undefined ? 'listen' : 'spawned' })
}

async function expectPasses(network: Network, from: Running, to: Running): Promise<void> {
  const ports = []
  for (let listener = 0; listener < 4; listener++) {
    const pass = await network.nextPass({ from, to })
    expect(pass).toRecreateSocketInfo()
    expect(pass).toHaveSocketInfo({ type: 'stream', state: 'listening', peer: null })
    ports.push([pass.received?.local?.address, pass.received?.local?.port])
  }
  expect(ports.sort()).toEqual([
    ['0.0.0.0', 80],
    ['0.0.0.0', 81],
    ['10.53.57.2', 8080],
    ['::', 80],
  ])
}

test(
  '-x: 20 new processes take the listeners of the one before, under load',
  // The old process accepts until the new one has told it to stop: so no client is refused.
  { timeout: 90_000, meta: { socketWrapperRules: { R4: 'off' } } },
  async ({ network, place }) => {
    network.host('web')
    await network.host('app').spawn('node', ['-e', app])
    let haproxy = await startHaproxy(network, place, 0)
    const loads = [await startLoad(network, 'http://10.53.57.2/'), await startLoad(network, 'http://10.53.57.2:81/')]
    for (let reload = 1; reload <= 20; reload++) {
      const old = haproxy
      haproxy = await startHaproxy(network, place, reload, old)
      await expectPasses(network, old, haproxy)
      expect(await old.exited).toEqual({ code: 0, signal: null })
      expect(await get('http://10.53.57.2/')).toBe(`generation ${reload} on 10.53.57.2`)
      expect(await get('http://[fd00::5357:5f02]/')).toBe(`generation ${reload} on fd00::5357:5f02`)
      expect(await get('http://10.53.57.2:8080/')).toBe(`generation ${reload} on 10.53.57.2`)
      expect(await get('http://10.53.57.2:81/')).toBe('app')
    }
    for (const load of loads) await load.end()
  },
)

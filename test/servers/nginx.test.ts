// @vitest-environment socket-wrapper
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, type Host, type Running } from 'vitest-environment-socket-wrapper/test'

import { bench, startLoad } from './load.ts'
import { endOf, get, isRoot, lineLike, type Place, test } from './place.ts'

const workers = 4

const configuration = (place: Place, site: string): string => `
${isRoot ? 'user www-data;' : ''}
worker_processes ${workers};
pid ${place.dir}/nginx.pid;
error_log stderr notice;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${place.dir}/body;
  proxy_temp_path ${place.dir}/proxy;
  fastcgi_temp_path ${place.dir}/fastcgi;
  uwsgi_temp_path ${place.dir}/uwsgi;
  scgi_temp_path ${place.dir}/scgi;
  keepalive_requests 100000;
  ${site}
}`

const answering = (text: string): string =>
  `server { listen 80; listen [::]:80; location / { return 200 "${text} $server_addr\\n"; } }`

type Nginx = Running & { readonly log: AsyncGenerator<string, void>; master(): Promise<number> }

/** A daemon, with its whole path, as its upgrade by USR2 needs it. Ready when its workers are. */
async function startNginx(host: Host, place: Place, site: string): Promise<Nginx> {
  const file = await place.write('nginx.conf', configuration(place, site))
  const running = await host.spawn('/usr/sbin/nginx', ['-e', 'stderr', '-c', file])
  const log = running.stderr.lines()
  for (let worker = 0; worker < workers; worker++) await lineLike(log, /start worker process \d/)
  const master = async (): Promise<number> => Number(await readFile(join(place.dir, 'nginx.pid'), 'utf8'))
  return Object.assign(running, { log, master })
}

test.for(['keep-alive', 'a connection each'])('10000 requests, %s', async (way, { network, place }) => {
  await startNginx(network.host('web'), place, answering('hello'))
  await bench(network, 'http://web/', 10_000, ...(way === 'keep-alive' ? ['-k'] : []))
  expect(await get('http://10.53.57.2/')).toBe('hello 10.53.57.2\n')
  expect(await get('http://[fd00::5357:5f02]/')).toBe('hello fd00::5357:5f02\n')
})

test('HUP under load: new workers with the new configuration, and no request is lost', async ({ network, place }) => {
  const nginx = await startNginx(network.host('web'), place, answering('reload 0'))
  const load = await startLoad(network, 'http://10.53.57.2/')
  const master = await nginx.master()
  for (let reload = 1; reload <= 10; reload++) {
    await place.write('nginx.conf', configuration(place, answering(`reload ${reload}`)))
    process.kill(master, 'SIGHUP')
    for (let worker = 0; worker < workers; worker++) await lineLike(nginx.log, /start worker process \d/)
    for (let worker = 0; worker < workers; worker++) await lineLike(nginx.log, /worker process \d+ exited with code 0/)
    expect(await get('http://10.53.57.2/')).toBe(`reload ${reload} 10.53.57.2\n`)
  }
  await load.end()
  expect(await nginx.master()).toBe(master)
})

test('USR2 under load: a new binary inherits the listeners, and QUIT ends the old one', async ({ network, place }) => {
  const nginx = await startNginx(network.host('web'), place, answering('hello'))
  const load = await startLoad(network, 'http://10.53.57.2/')
  for (let upgrade = 0; upgrade < 3; upgrade++) {
    const old = await nginx.master()
    process.kill(old, 'SIGUSR2')
    for (let worker = 0; worker < workers; worker++) await lineLike(nginx.log, /start worker process \d/)
    process.kill(old, 'SIGQUIT')
    await endOf(old) // the new one takes no USR2 while its parent lives
    expect(await nginx.master()).not.toBe(old)
    expect(await get('http://10.53.57.2/')).toBe('hello 10.53.57.2\n')
    expect(await get('http://[fd00::5357:5f02]/')).toBe('hello fd00::5357:5f02\n')
  }
  await load.end()
})

test('proxy_pass to an upstream on another host, by name', async ({ network, place }) => {
  const script = `require('http').createServer((request, response) =>
    response.end(request.url + ' for ' + request.socket.remoteAddress)).listen(3000)`
  await network.host('app').spawn('node', ['-e', script])
  const upstream = `upstream app { server app:3000; keepalive 8; }
    server { listen 80; location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; } }`
  await startNginx(network.host('web'), place, upstream)
  expect(await get('http://web/page')).toMatch(/^\/page for (::ffff:10.53.57.3|fd00::5357:5f03)$/)
  await bench(network, 'http://web/', 1000, '-k')
})

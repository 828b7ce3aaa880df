import { describe, expect, test } from 'vitest'

import { runVitest } from './project.ts'

describe.each(['forks', 'threads'])('pool %s', (pool) => {
  test('concurrent tests reach their own network each, whatever they use', async () => {
    const { tests, output, exitCode } = await runVitest({
      config: `pool: '${pool}', testTimeout: 30_000`,
      files: {
        'a.test.ts': `
import dgram from 'node:dgram'
import dns from 'node:dns/promises'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { networkInterfaces } from 'node:os'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect } from 'vitest'
import { test } from 'vitest-environment-socket-wrapper/test'

const names = ['one', 'two', 'three', 'four']
let arrived = 0
let open
const gate = new Promise((resolve) => (open = resolve))
/** Resolves when all four are there, so that their networks live at the same time. */
const meet = () => { if (++arrived === names.length) open(); return gate }

const viaHttp = (agent) => new Promise((resolve, reject) => http.get('http://localhost/', { agent }, (response) => {
  let text = ''
  response.on('data', (chunk) => (text += chunk)).on('end', () => resolve(text))
}).on('error', reject))
const agent = new http.Agent({ keepAlive: true })

describe.concurrent('at the same time', () => {
  test.for(names)('%s', async (name, { network, expect }) => {
    const server = http.createServer((request, response) => response.end(name)).listen(80)
    await once(server, 'listening')
    const udp = dgram.createSocket('udp4').bind(53)
    udp.on('message', (message, from) => udp.send(name, from.port, from.address))
    await once(udp, 'listening')
    await network.host('web').spawn('node', ['-e', "require('net').createServer((s) => s.end('web ' + process.argv[1])).listen(80)", name])
    names.slice(0, names.indexOf(name) + 1).forEach((each) => network.host(each))
    await meet()
    for (let i = 0; i < 5; i++) {
      const found = await Promise.all(names.map((each) => dns.resolve4(each).catch((error) => error.code)))
      expect(found.filter((each) => each !== 'ENOTFOUND')).toHaveLength(names.indexOf(name) + 1)
      expect(Object.keys(networkInterfaces())).toEqual(['lo', 'eth0'])
      expect(await (await fetch('http://localhost/')).text()).toBe(name)
      expect(await viaHttp(agent)).toBe(name)
      expect(String((await once(net.connect(80, 'web'), 'data'))[0])).toBe('web ' + name)
      const client = dgram.createSocket('udp4')
      client.send('?', 53, 'localhost')
      expect(String((await once(client, 'message'))[0])).toBe(name)
      client.close()
    }
    const { stdout } = await promisify(execFile)('sh', ['-c', 'echo $SOCKET_WRAPPER_DIR'])
    expect(stdout).toBe(network.dir + '\\n')
  })
})`,
      },
    })
    expect(output).toContain('4 passed')
    expect(Object.values(tests).map(({ state }) => state)).toEqual(['passed', 'passed', 'passed', 'passed'])
    expect(exitCode).toBe(0)
  })
})

test('code of no test, and code of one that has ended, get an error and no network', async () => {
  const { tests, exitCode } = await runVitest({
    files: {
      'a.test.ts': `
import { AsyncResource } from 'node:async_hooks'
import { once } from 'node:events'
import net from 'node:net'
import dns from 'node:dns/promises'
import { describe, expect, test } from 'vitest'

const outside = new AsyncResource('outside')
const run = (resource, act) => resource.runInAsyncScope(act)
const connect = async () => (await once(net.connect(80, '127.0.0.1'), 'error'))[0].code
const resolve = async () => (await dns.lookup('localhost').catch((error) => error)).message

describe.concurrent('concurrent', () => {
  test('outside', async () => {
    expect(await run(outside, connect)).toBe('EACCES')
    expect(await run(outside, resolve)).toContain('this code belongs to none of the tests that run concurrently, so it has no network')
  })
})
let ended
test('ends', () => { ended = new AsyncResource('ended') })
test('later', async () => {
  const server = net.createServer().listen(80)
  await once(server, 'listening')
  expect(await run(ended, connect)).toBe('EACCES')
  expect(await run(ended, resolve)).toContain('its test has ended, so it has no network')
})`,
    },
  })
  expect(tests).toMatchObject({
    'concurrent outside': { state: 'passed' },
    ends: { state: 'passed' },
    later: { state: 'passed' },
  })
  expect(exitCode).toBe(0)
})

// @vitest-environment socket-wrapper
import { expect, type Host, type Network, type Running } from 'vitest-environment-socket-wrapper/test'

import { lineLike, type Place, test } from './place.ts'

async function startRedis(host: Host, place: Place, ...directives: string[]): Promise<Running> {
  const lines = [
    'protected-mode no',
    'save ""',
    'repl-diskless-sync-delay 0',
    `dir ${place.dir}`,
    `dbfilename ${host.name}.rdb`,
    ...directives,
  ]
  const file = await place.write(`${host.name}.conf`, `${lines.join('\n')}\n`)
  return host.spawn('redis-server', [file], { ready: /Ready to accept connections/ })
}

async function cli(network: Network, host: string, ...command: string[]): Promise<string> {
  const redis = await network.spawn('redis-cli', ['-h', host, ...command], { ready: 'exit' })
  await redis.stdout.settled(1000)
  return redis.stdout.text().trimEnd()
}

test('commands, over IPv4 and IPv6', async ({ network, place }) => {
  await startRedis(network.host('db'), place)
  expect(await cli(network, 'db', 'SET', 'greeting', 'hello')).toBe('OK')
  expect(await cli(network, 'fd00::5357:5f02', 'GET', 'greeting')).toBe('hello')
  expect(await cli(network, 'db', 'CLIENT', 'LIST')).toMatch(/ addr=10\.53\.57\.1:\d+ laddr=10\.53\.57\.2:6379 /)
})

test('20000 requests of redis-benchmark with 20 clients', async ({ network, place }) => {
  await startRedis(network.host('db'), place)
  const args = ['-h', 'db', '-n', '10000', '-c', '20', '-t', 'set,get', '--csv']
  const benchmark = await network.spawn('redis-benchmark', args, { ready: 'exit' })
  await benchmark.stdout.settled(1000)
  expect(benchmark.stdout.text()).toMatch(/^"SET","[\d.]+"/m)
  expect(benchmark.stdout.text()).toMatch(/^"GET","[\d.]+"/m)
  expect(await cli(network, 'db', 'INFO', 'commandstats')).toMatch(/cmdstat_set:calls=10000,/)
})

test('a replica on a second host follows', async ({ network, place }) => {
  await startRedis(network.host('db'), place)
  await cli(network, 'db', 'SET', 'early', 'yes')
  const replica = await startRedis(network.host('copy'), place, 'replicaof db 6379', 'repl-diskless-load swapdb')
  const log = replica.stdout.lines()
  await lineLike(log, /MASTER <-> REPLICA sync: Finished with success/)
  expect(await cli(network, 'copy', 'GET', 'early')).toBe('yes')

  // WAIT is about what its own connection has written.
  const commands = `printf 'SET late yes\\nWAIT 1 10000\\n' | redis-cli -h db`
  const writer = await network.spawn('sh', ['-c', commands], { ready: 'exit' })
  await writer.stdout.settled(1000)
  expect(writer.stdout.text()).toBe('OK\n1\n')
  expect(await cli(network, 'copy', 'GET', 'late')).toBe('yes')
  expect(await cli(network, 'db', 'INFO', 'replication')).toMatch(/slave0:ip=10\.53\.57\.3,port=6379,state=online/)

  const listening = await cli(network, 'copy', 'SET', 'mine', 'no')
  expect(listening).toMatch(/^READONLY/)
})

test('BGSAVE writes in a forked child, while the server goes on', async ({ network, place }) => {
  const redis = await startRedis(network.host('db'), place, 'enable-debug-command yes')
  const log = redis.stdout.lines()
  expect(await cli(network, 'db', 'DEBUG', 'POPULATE', '100000')).toBe('OK')
  await cli(network, 'db', 'SET', 'kept', 'yes')
  expect(await cli(network, 'db', 'BGSAVE')).toBe('Background saving started')
  expect(await cli(network, 'db', 'SET', 'kept', 'changed')).toBe('OK')
  await lineLike(log, /Background saving terminated with success/)
  await redis.stop()
  await startRedis(network.host('db'), place)
  expect(await cli(network, 'db', 'GET', 'kept')).toBe('yes')
  expect(await cli(network, 'db', 'DBSIZE')).toBe('100001')
})

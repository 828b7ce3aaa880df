// @vitest-environment socket-wrapper
import { appendFile, chmod, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { expect, type Host, type Network, type Ready, type Running } from 'vitest-environment-socket-wrapper/test'

import { isRoot, type Place, test } from './place.ts'

const versions = '/usr/lib/postgresql'

/** PostgreSQL refuses to run as root. */
async function spawnAsOwner(host: Host, program: string, args: string[], ready: Ready): Promise<Running> {
  const [version = 'none'] = await readdir(versions)
  const command = [join(versions, version, 'bin', program), ...args]
  const change = ['setpriv', '--reuid', 'postgres', '--regid', 'postgres', '--init-groups', '--']
  const [first = '', ...rest] = isRoot ? [...change, ...command] : command
  return host.spawn(first, rest, { ready, env: { LC_ALL: 'C', TZ: 'UTC' } })
}

async function startPostgres(host: Host, place: Place): Promise<Running> {
  const data = join(place.dir, 'data')
  await chmod(place.dir, 0o777)
  const initdb = ['--no-sync', '--auth', 'trust', '--username', 'postgres', '--pgdata', data]
  const made = await spawnAsOwner(host, 'initdb', initdb, 'exit')
  expect(made.exit, made.stderr.text()).toEqual({ code: 0, signal: null })
  await appendFile(join(data, 'pg_hba.conf'), 'host all all 10.53.57.0/24 trust\nhost all all fd00::/8 trust\n')
  const settings = { listen_addresses: '*', unix_socket_directories: place.dir, fsync: 'off', max_connections: '40' }
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return spawnAsOwner(host, 'postgres', ['-D', data, ...args], /database system is ready to accept connections/)
}

async function runTool(network: Network, program: string, ...args: string[]): Promise<string> {
  const tool = await spawnAsOwner(network.host('test'), program, ['-h', 'db', '-U', 'postgres', ...args], 'exit')
  await tool.stdout.settled(1000)
  expect(tool.exit, tool.stderr.text()).toEqual({ code: 0, signal: null })
  return tool.stdout.text()
}

test('pgbench with 20 clients, and the test with pg', { timeout: 90_000 }, async ({ network, place }) => {
  const postgres = await startPostgres(network.host('db'), place)

  await runTool(network, 'pgbench', '--initialize', '--quiet', 'postgres')
  const report = await runTool(network, 'pgbench', '--client', '20', '--jobs', '2', '--transactions', '20', 'postgres')
  expect(report).toContain('number of transactions actually processed: 400/400')
  expect(report).toContain('number of failed transactions: 0 (0.000%)')
  expect(await runTool(network, 'psql', '-tAc', 'select count(*) from pgbench_history', 'postgres')).toBe('400\n')

  const pool = new pg.Pool({ host: 'db', user: 'postgres', database: 'postgres', max: 5 })
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => pool.query('select $1::int * 2 as twice, inet_client_addr()', [n])),
  )
  expect(answers.map(({ rows }) => rows[0])).toEqual(
    answers.map((_, n) => ({
      twice: 2 * n,
      inet_client_addr: expect.stringMatching(/^(10\.53\.57\.1|fd00::5357:5f01)/),
    })),
  )

  // A session waits for news of another one.
  const listener = new pg.Client({ host: 'fd00::5357:5f02', user: 'postgres', database: 'postgres' })
  await listener.connect()
  const news = new Promise((resolve) => listener.once('notification', ({ payload }) => resolve(payload)))
  await listener.query('listen board')
  await pool.query(`notify board, 'hello'`)
  expect(await news).toBe('hello')

  await listener.end()
  await pool.end()
  await postgres.stop()
  expect(postgres.exit).toEqual({ code: 0, signal: null })
})

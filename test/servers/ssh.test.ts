// @vitest-environment socket-wrapper
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, type Network, type Running } from 'vitest-environment-socket-wrapper/test'

import { isRoot, type Place, test } from './place.ts'

const { username, shell } = userInfo()

/** Keys of both sides, and an sshd on the host `web` with a page that only its own loopback has. */
async function startServer(network: Network, place: Place): Promise<Running> {
  const key = async (name: string): Promise<void> => {
    await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(place.dir, name)])
  }
  await Promise.all([key('host'), key('user')])
  await copyFile(join(place.dir, 'user.pub'), join(place.dir, 'authorized_keys'))
  await place.write('known_hosts', `web ${await readFile(join(place.dir, 'host.pub'), 'utf8')}`)
  await place.write(
    'ssh_config',
    `
Host web
  User ${username}
  IdentityFile ${place.dir}/user
  IdentitiesOnly yes
  BatchMode yes
  UserKnownHostsFile ${place.dir}/known_hosts
  ControlPath ${place.dir}/control
`,
  )
  // Without PAM an ordinary user's sshd, which can't read /etc/shadow, takes some accounts for locked.
  const file = await place.write(
    'sshd_config',
    `
HostKey ${place.dir}/host
AuthorizedKeysFile ${place.dir}/authorized_keys
PidFile none
StrictModes no
UsePAM ${isRoot ? 'no' : 'yes'}
PasswordAuthentication no
Subsystem sftp internal-sftp
`,
  )
  // What the service's unit makes: the children of a root sshd change their root to it.
  if (isRoot) await mkdir('/run/sshd', { recursive: true, mode: 0o755 })
  const web = network.host('web')
  await web.spawn('node', ['-e', `require('http').createServer((q, r) => r.end('private')).listen(80, '127.0.0.1')`])
  return web.spawn('/usr/sbin/sshd', ['-D', '-e', '-f', file])
}

/** A client of the key, to its end. */
async function client(network: Network, place: Place, program: string, ...args: string[]): Promise<string> {
  const running = await network.spawn(program, ['-F', join(place.dir, 'ssh_config'), ...args], { ready: 'exit' })
  await Promise.all([running.stdout.settled(1000), running.stderr.settled(1000)])
  expect(running.exit, running.stderr.text()).toEqual({ code: 0, signal: null })
  return running.stdout.text() + running.stderr.text()
}

const startMaster = (network: Network, place: Place, ...args: string[]): Promise<Running> =>
  network.spawn('ssh', ['-F', join(place.dir, 'ssh_config'), '-v', '-M', '-N', ...args, 'web'], {
    ready: /Entering interactive session/,
  })

test('sftp by key, over IPv4 and IPv6', async ({ network, place }) => {
  const sshd = await startServer(network, place)
  expect(sshd).toMatchObject({ port: 22 })
  const sent = join(place.dir, 'sent')
  const bytes = randomBytes(3_000_000)
  await writeFile(sent, bytes)
  for (const family of ['-4', '-6']) {
    const batch = await place.write('batch', `put ${sent} ${place.dir}/came${family}\n`)
    await client(network, place, 'sftp', family, '-b', batch, 'web')
    const came = await readFile(join(place.dir, `came${family}`))
    expect(came.equals(bytes)).toBe(true)
  }
  expect(sshd.stderr.text()).toMatch(/Accepted publickey for \w+ from 10\.53\.57\.1 port \d+/)
  expect(sshd.stderr.text()).toMatch(/Accepted publickey for \w+ from fd00::5357:5f01 port \d+/)
})

test('ControlMaster: later sessions go over the connection of the first', async ({ network, place }) => {
  const sshd = await startServer(network, place)
  const master = await startMaster(network, place)
  expect(await client(network, place, 'ssh', '-O', 'check', 'web')).toContain(`Master running (pid=${master.pid})`)
  const batch = await place.write('batch', `ls ${place.dir}/known_hosts\n`)
  for (let session = 0; session < 3; session++)
    expect(await client(network, place, 'sftp', '-b', batch, 'web')).toContain('known_hosts')
  await client(network, place, 'ssh', '-O', 'exit', 'web')
  await master.exited
  expect(sshd.stderr.text().match(/Accepted publickey/g)).toHaveLength(1)
})

test('-L: a port here is a port of the loopback there', async ({ network, place }) => {
  await startServer(network, place)
  await startMaster(network, place, '-L', '8080:127.0.0.1:80')
  const answers = await Promise.all(
    Array.from({ length: 10 }, async () => (await fetch('http://127.0.0.1:8080/')).text()),
  )
  expect(answers).toEqual(answers.map(() => 'private'))
  await client(network, place, 'ssh', '-O', 'forward', '-L', '8081:localhost:80', 'web')
  expect(await (await fetch('http://127.0.0.1:8081/')).text()).toBe('private')
})

// An account for servers has no shell.
test.runIf(!/nologin|false/.test(shell ?? ''))(
  'a command, in a clean environment, is in the network',
  async ({ network, place }) => {
    await startServer(network, place)
    const script = `env | grep -c ^HOME=; curl -s http://127.0.0.1/; echo $SSH_CONNECTION`
    const answer = await client(network, place, 'ssh', '-4', 'web', script)
    expect(answer).toMatch(/^1\nprivate10\.53\.57\.1 \d+ 10\.53\.57\.2 22\n$/)
  },
)

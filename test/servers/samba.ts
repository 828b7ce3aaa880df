// Samba's smbd on a host of the test's network, and its tools on another.
import { mkdir, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { expect, type Host, type Network, type Running } from 'vitest-environment-socket-wrapper/test'

import { run } from '../helpers.ts'

const password = 'Secret.1'

/** Sessions are of the user that runs the tests, who needs no rights for that. */
const user = userInfo().username
const [otherUser, guest] = ['daemon', 'nobody', 'bin'].filter((name) => name !== user) as [string, string]

const directories = ['private', 'lock', 'state', 'cache', 'pid', 'ncalrpc', 'log', 'share', 'home'] as const

export type Samba = {
  readonly smbd: Running
  readonly client: Host
  /** Its whole state: in the network's directory, which is short enough for the names of its own sockets. */
  readonly dir: string
  /** Runs commands of smbclient in the share; each must succeed. */
  ask(commands: string): Promise<string>
  /** Runs tests of smbtorture, and says how each one ended. */
  torture(tests: readonly string[]): Promise<Record<string, string>>
}

/** @param settings - lines for the global section of smb.conf. */
export async function startSamba(network: Network, settings: readonly string[] = []): Promise<Samba> {
  const dir = join(network.dir, 'samba')
  await mkdir(dir)
  for (const name of directories) await mkdir(join(dir, name))
  const server = network.host('server')
  const client = network.host('client')
  const configuration = join(dir, 'smb.conf')
  await writeFile(configuration, configure(dir, server, settings))
  for (const name of [user, otherUser]) {
    const args = ['-s', configuration, '--password-from-stdin', '--create', '--user', name]
    expect(await run({ command: 'pdbedit', args, input: `${password}\n${password}\n` })).toMatchObject({
      status: 'exit 0',
    })
  }
  // --log-basename too: without it its helpers write to the system's directory.
  const log = join(dir, 'log')
  const args = ['-F', '--no-process-group', '-s', configuration, '--log-basename', log, '--debug-stdout']
  // A socket as its stdin, as pipes of Node are, means to smbd that inetd has started it.
  const smbd = await server.spawn('smbd', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const share = `//${server.addresses.IPv4}/share`
  const login = ['-s', configuration, '-U', `${user}%${password}`]
  return {
    smbd,
    client,
    dir,
    async ask(commands) {
      const asked = await client.spawn('smbclient', [share, ...login, '-c', commands], { cwd: dir, ready: 'exit' })
      expect(asked.exit, asked.stdout.text() + asked.stderr.text()).toEqual({ code: 0, signal: null })
      return asked.stdout.text()
    },
    async torture(tests) {
      const options = ['--fullname', '--target=samba3', `--option=torture:user2name=${otherUser}`]
      const args = [share, ...login, ...options, `--option=torture:user2password=${password}`, ...tests]
      const tortured = await client.spawn('smbtorture', args, { cwd: join(dir, 'home'), ready: 'exit' })
      return outcomes(tortured)
    },
  }
}

const configure = (dir: string, { addresses }: Host, settings: readonly string[]): string => `
[global]
  server role = standalone server
  netbios name = SERVER
  private dir = ${dir}/private
  lock directory = ${dir}/lock
  state directory = ${dir}/state
  cache directory = ${dir}/cache
  pid directory = ${dir}/pid
  ncalrpc dir = ${dir}/ncalrpc
  passdb backend = tdbsam
  guest account = ${guest}
  smb ports = 445
  disable netbios = yes
  disable spoolss = yes
  load printers = no
  printing = bsd
  printcap name = /dev/null
  interfaces = ${addresses.IPv4}/24 ${addresses.IPv6}/64
  bind interfaces only = yes
  server multi channel support = yes
  # What smbtorture wants in place of rules of a firewall.
  smbd:FSCTL_SMBTORTURE = yes
${settings.map((line) => `  ${line}\n`).join('')}
[share]
  path = ${dir}/share
  read only = no
`

/** `success`, or what smbtorture says of a failure. */
function outcomes({ stdout, stderr, exit }: Running): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [, outcome, name, reason] of stdout
    .text()
    .matchAll(/^(success|failure|error|skip): ([\w.-]+)(?: \[\n([^]*?)\n\]$)?/gm)) {
    if (outcome !== undefined && name !== undefined) found[name] = reason ?? outcome
  }
  expect(exit?.signal, stdout.text() + stderr.text()).toBe(null)
  return found
}

/** The tests of smbtorture whose names match. */
export async function tortureTests(pattern: RegExp): Promise<string[]> {
  const { lines } = await run({ command: 'smbtorture', args: ['--list'] })
  // It writes the name of a test after that of its suite, also where the suite is but the test.
  const names = lines.map((line) => line.replace(/\.([^.]+)\.\1$/, '.$1'))
  return names.filter((name) => pattern.test(name))
}

#!/usr/bin/env node
// The bin `socket-wrapper`: the shim without vitest, and a look at what works on this machine.
import childProcess from 'node:child_process'
import { accessSync, constants as modes, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { SocketWrapperError } from './errors.ts'
import { guardPath, native, shimPath } from './native.ts'
import { baseDirectories, makeDirectory, maxPathBytes } from './network/directory.ts'
import { findLoadable } from './process/loadable.ts'
import { maxHosts } from './wire/info.ts'

const usage = `Usage:
  socket-wrapper shim-path                                   print the library for LD_PRELOAD
  socket-wrapper run [--dir D] [--host N] -- command ...     run a command in the network of a directory
  socket-wrapper doctor                                      say what works on this machine

--dir   the network's directory; standard: SOCKET_WRAPPER_DIR, else a new one that is removed at the end
--host  interface number of the command's host, 1 to ${maxHosts}; standard: 1`

function fail(problem: string): never {
  throw new SocketWrapperError('USAGE', { problem, usage })
}

async function run(args: string[]): Promise<number> {
  const end = args.indexOf('--')
  const { values, positionals } = parseArgs({
    args: end === -1 ? args : args.slice(0, end),
    options: { dir: { type: 'string' }, host: { type: 'string' } },
    allowPositionals: true,
  })
  if (positionals.length > 0) fail(`"${positionals.join(' ')}" comes before "--": the command comes after it.`)
  const [command, ...rest] = end === -1 ? [] : args.slice(end + 1)
  if (command === undefined) fail('There is no command after "--".')
  const host = Number(values.host ?? 1)
  if (!Number.isInteger(host) || host < 1 || host > maxHosts)
    fail(`--host must be a whole number from 1 to ${maxHosts}, got "${values.host}".`)
  const given = values.dir ?? process.env['SOCKET_WRAPPER_DIR']
  const own = given === undefined ? makeDirectory(baseDirectories(), () => undefined) : null
  const dir = own?.path ?? resolve(given ?? '')
  if (Buffer.byteLength(dir) > maxPathBytes)
    fail(`The directory ${dir} has ${Buffer.byteLength(dir)} bytes, at most ${maxPathBytes} fit.`)
  const preload = [shimPath, ...(process.env['LD_PRELOAD']?.split(/[ :]+/) ?? [])].filter((each) => each !== '')
  const env = {
    ...process.env,
    LD_PRELOAD: preload.join(':'),
    SOCKET_WRAPPER_DIR: dir,
    SOCKET_WRAPPER_DEFAULT_IFACE: String(host),
    SOCKET_WRAPPER_IPV4_NETWORK: process.env['SOCKET_WRAPPER_IPV4_NETWORK'] ?? '10.53.57.0',
  }
  try {
    return await runToEnd(command, rest, env)
  } finally {
    own?.remove()
  }
}

async function runToEnd(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const file = await findLoadable(command, { cwd: process.cwd(), env })
  const child = childProcess.spawn(file, args, { env, argv0: command, stdio: 'inherit' })
  // The terminal's signals go to the command as well; this process waits for its answer.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void child.kill(signal))
  return new Promise((settle, reject) => {
    child.once('error', reject)
    // As a shell says it: 128 and the number of the signal.
    child.once('exit', (code, signal) => settle(signal === null ? (code ?? 1) : 128 + constants.signals[signal]))
  })
}

type Check = { readonly name: string; readonly result: string; readonly isFine: boolean }

async function doctor(): Promise<number> {
  const checks = [
    await check('platform', () => `${process.platform} ${process.arch}, Node ${process.version}`),
    await check('preload library', () => loadInChild()),
    await check('guard', () => {
      accessSync(guardPath, modes.X_OK)
      return guardPath
    }),
    await check("the test's own process", () => {
      native.install()
      return 'can be brought into a network'
    }),
    await check('directory', () => {
      const made = makeDirectory(baseDirectories(), (path) =>
        native.createArena(path, { records: 4096, sockets: 1024, processes: 512, abstractClients: true }),
      )
      made.remove()
      return `${made.path.replace(/\/[^/]*$/, '')} (a network's paths have ${Buffer.byteLength(made.path)} bytes of ${maxPathBytes})`
    }),
  ]
  for (const { name, result, isFine } of checks) console.log(`${isFine ? 'ok  ' : 'FAIL'}  ${name}: ${result}`)
  return checks.every(({ isFine }) => isFine) ? 0 : 1
}

async function check(name: string, act: () => string | Promise<string>): Promise<Check> {
  try {
    return { name, result: await act(), isFine: true }
  } catch (error) {
    return { name, result: error instanceof Error ? error.message : String(error), isFine: false }
  }
}

/** The maps of a child say whether the loader has taken it. */
function loadInChild(): string {
  const { stdout, stderr } = childProcess.spawnSync('cat', ['/proc/self/maps'], {
    env: { ...process.env, LD_PRELOAD: shimPath },
    encoding: 'utf8',
  })
  if (!stdout.includes(shimPath)) throw new Error(`${shimPath} is not loaded: ${stderr.trim() || 'no reason given'}`)
  return shimPath
}

async function main([command, ...args]: string[]): Promise<number> {
  switch (command) {
    case 'shim-path':
      console.log(shimPath)
      return 0
    case 'run':
      return run(args)
    case 'doctor':
      return doctor()
    case 'help':
    case '--help':
    case '-h':
      console.log(usage)
      return 0
    case '--version':
      console.log(version())
      return 0
    default:
      return fail(command === undefined ? 'There is no command.' : `"${command}" is no command.`)
  }
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}

// SPDX-License-Identifier: MIT
// Builds shim, addon and guard with the node-gyp that npm puts in the PATH of its scripts.
//   node native/build.mjs rebuild            from nothing: the install script
//   node native/build.mjs configure build    only what changed; without a compiler's start when nothing did
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const release = join(here, 'build', 'Release')
const stamp = join(release, 'stamp')
const timeOf = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

/** Two test runs that start at once must not build into the same directory: there is nothing to do after the first one. */
function isUpToDate() {
  if (!['libshim.so', 'addon.node', 'guard'].every((name) => existsSync(join(release, name)))) return false
  const built = timeOf(stamp)
  // The time of a directory tells of files that came or went.
  const directories = ['wire', 'shim', 'addon', 'guard'].map((name) => join(here, name))
  const files = directories.flatMap((directory) => readdirSync(directory).map((name) => join(directory, name)))
  return [join(here, 'binding.gyp'), ...directories, ...files].every((path) => timeOf(path) < built)
}

// Node-API is the same in every release, so headers on this machine serve as well as those that node-gyp would download.
const prefixes = [dirname(dirname(process.execPath)), '/usr/local', '/usr']
const nodedir =
  process.env.npm_config_nodedir ?? prefixes.find((prefix) => existsSync(join(prefix, 'include/node/node_api.h')))

function build(commands) {
  const started = performance.now()
  const startedAt = new Date()
  const args = [...commands, '--jobs', 'max', ...(nodedir === undefined ? [] : ['--nodedir', nodedir])]
  const { error, status, stdout, stderr } = spawnSync('node-gyp', args, {
    cwd: here,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  if (error !== undefined) {
    console.error(`node-gyp: ${error.message}. Start this by npm: \`npm run build:native\`.`)
    process.exitCode = 1
  } else if (status !== 0) {
    process.stderr.write(stdout + stderr)
    console.error(
      'The native part is not built. It needs gcc, g++, make and python3 (Debian: build-essential python3).',
    )
    process.exitCode = 1
  } else {
    writeFileSync(stamp, '')
    // A source that was written during the build may have been missed.
    utimesSync(stamp, startedAt, startedAt)
    for (const line of stderr.split('\n')) if (line.includes('warning:')) console.error(line)
    console.log(`shim, addon and guard built in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  }
}

const commands = process.argv.slice(2)
if (commands.includes('rebuild') || !isUpToDate()) build(commands)

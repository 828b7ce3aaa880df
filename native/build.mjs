// SPDX-License-Identifier: MIT
// Builds shim, addon and guard with the node-gyp that npm puts in the PATH of its scripts.
//   node native/build.mjs rebuild            from nothing: the install script
//   node native/build.mjs configure build    only what changed
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Node-API is the same in every release, so headers on this machine serve as well as those that node-gyp would download.
const prefixes = [dirname(dirname(process.execPath)), '/usr/local', '/usr']
const nodedir =
  process.env.npm_config_nodedir ?? prefixes.find((prefix) => existsSync(join(prefix, 'include/node/node_api.h')))

const commands = process.argv.slice(2)
const args = [...commands, '--jobs', 'max', ...(nodedir === undefined ? [] : ['--nodedir', nodedir])]
const started = performance.now()
const { error, status, stdout, stderr } = spawnSync('node-gyp', args, {
  cwd: dirname(fileURLToPath(import.meta.url)),
  stdio: ['ignore', 'pipe', 'pipe'],
  encoding: 'utf8',
  maxBuffer: 2 ** 28,
})
if (error !== undefined) {
  console.error(`node-gyp: ${error.message}. Start this by npm: \`npm run build:native\`.`)
  process.exitCode = 1
} else if (status !== 0) {
  process.stderr.write(stdout + stderr)
  console.error('The native part is not built. It needs gcc, g++, make and python3 (Debian: build-essential python3).')
  process.exitCode = 1
} else {
  for (const line of stderr.split('\n')) if (line.includes('warning:')) console.error(line)
  console.log(`shim, addon and guard built in ${((performance.now() - started) / 1000).toFixed(1)} s`)
}

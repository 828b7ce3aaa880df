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
const { error, status } = spawnSync('node-gyp', args, {
  cwd: dirname(fileURLToPath(import.meta.url)),
  stdio: 'inherit',
})
if (error !== undefined) console.error(`node-gyp: ${error.message}. Start this by npm: \`npm run build:native\`.`)
if (status !== 0) {
  console.error(
    'The native part is not built. It needs gcc, g++, make and python3 (Debian: apt-get install build-essential python3).',
  )
  process.exitCode = 1
}

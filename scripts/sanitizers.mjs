// SPDX-License-Identifier: MIT
// The shim's suite with a shim that is built by a sanitizer of gcc, which ends a program that does what it must not.
//   node scripts/sanitizers.mjs address|thread [vitest's arguments]
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))
const kinds = {
  address: { flags: ['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'], library: 'libasan.so' },
  thread: { flags: ['-fsanitize=thread'], library: 'libtsan.so' },
}
const [name, ...rest] = process.argv.slice(2)
const kind = kinds[name]
if (kind === undefined) {
  console.error(`usage: node scripts/sanitizers.mjs ${Object.keys(kinds).join('|')} [vitest's arguments]`)
  process.exit(2)
}

const directory = join(root, 'node_modules/.cache/sanitizers')
const library = join(directory, `libshim-${name}.so`)
const sources = readdirSync(join(root, 'native/shim')).filter((file) => file.endsWith('.c'))
const flags = [
  '-D_GNU_SOURCE',
  '-std=gnu11',
  '-O1',
  '-g',
  '-fPIC',
  '-fvisibility=hidden',
  '-fno-strict-aliasing',
  '-fno-omit-frame-pointer',
]
const link = ['-shared', '-Wl,-z,now', '-Wl,-z,initfirst', '-Wl,-Bsymbolic', '-ldl', '-lpthread']

/** Runs a command to its end; this script ends with it when it fails. */
function run(command, args, env = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } })
  if (error !== undefined) console.error(`${command}: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
}

mkdirSync(directory, { recursive: true })
run('cc', [...flags, ...kind.flags, ...sources.map((file) => join('native/shim', file)), '-o', library, ...link])
const first = spawnSync('cc', [`-print-file-name=${kind.library}`], { encoding: 'utf8' }).stdout.trim()
run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--project', 'shim', ...rest], {
  TEST_SHIM: library,
  TEST_SHIM_PRELOAD_FIRST: first,
})

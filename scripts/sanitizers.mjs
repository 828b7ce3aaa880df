// SPDX-License-Identifier: MIT
// The shim's suite under a tool that ends a program which does what it must not: with a shim that is built by a sanitizer of gcc, or with the
// ordinary one under valgrind. test/shim/sanitized.ts says what cannot run there.
//   node scripts/sanitizers.mjs address|thread|memory [vitest's arguments]
import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../', import.meta.url))
const kinds = {
  address: { flags: ['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'], library: 'libasan.so' },
  // Where threads matter. It knows no fences, and all that they order is atomic.
  thread: {
    flags: ['-fsanitize=thread', '-Wno-tsan'],
    library: 'libtsan.so',
    programs: [
      'threads_woken',
      'threads_blocked',
      'signal_safety',
      'lock_fork',
      'spill_fork',
      'lock_signal',
      'threads_cancel',
      'pass_threads',
    ],
  },
  // Each program takes seconds: one for each family of calls.
  memory: {
    runner: 'valgrind --quiet --error-exitcode=99 --leak-check=no',
    programs: [
      ...['half_close', 'peer_gone', 'stream_forms', 'connect_states', 'stdio_stream', 'names_truncated'],
      ...['datagram_forms', 'datagram_connected', 'datagram_multicast', 'names_datagram', 'bind_shared', 'fork_names'],
      ...['dup_family', 'pass_kinds', 'pass_messages', 'pass_room', 'pass_peek'],
    ],
  },
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

/** Builds the shim, several files at a time; the variables with which test/helpers.ts takes it. */
async function built({ flags: sanitizer, library: runtime }) {
  const objects = join(directory, name)
  mkdirSync(objects, { recursive: true })
  const waiting = sources.values()
  const compile = async () => {
    for (const file of waiting)
      await promisify(execFile)('cc', [
        ...flags,
        ...sanitizer,
        '-c',
        join(root, 'native/shim', file),
        '-o',
        join(objects, `${file}.o`),
      ])
  }
  await Promise.all(Array.from({ length: availableParallelism() }, compile))
  run('cc', [...sanitizer, ...sources.map((file) => join(objects, `${file}.o`)), '-o', library, ...link])
  const first = spawnSync('cc', [`-print-file-name=${runtime}`], { encoding: 'utf8' }).stdout.trim()
  return { TEST_SHIM: library, TEST_SHIM_PRELOAD_FIRST: first }
}

const chosen = kind.programs !== undefined && rest.length === 0 ? ['-t', `^(${kind.programs.join('|')}) in a `] : rest
run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--project', 'shim', ...chosen], {
  TEST_SANITIZER: name,
  ...(kind.runner === undefined ? await built(kind) : { TEST_RUNNER: kind.runner }),
})

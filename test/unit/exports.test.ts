import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { callAliases, calls, fortifiedCalls } from '../../src/wire/layout.gen.ts'

const shim = fileURLToPath(new URL('../../native/build/Release/libshim.so', import.meta.url))

// What a program or the addon looks up by name; all else that the shim defines stays hidden from the programs it is loaded into.
const interfaces = ['vitest_socket_wrapper_api', 'socket_wrapper_enabled', 'socket_wrapper_indicate_no_inet_fd']

test('the shim exports the calls of calls.def and its own interface, nothing else', () => {
  const symbols = execFileSync('nm', ['-D', '--defined-only', '--format=posix', shim], { encoding: 'utf8' })
  const names = symbols
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/ .*/, ''))
  const wrapped = [...calls, ...Object.keys(callAliases), ...fortifiedCalls]
  expect(names.toSorted()).toEqual([...wrapped, ...interfaces].toSorted())
})

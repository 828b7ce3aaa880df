import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const source = fileURLToPath(new URL('../../native/wire', import.meta.url))
let tree: string

beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'generate-'))
  cpSync(source, join(tree, 'native', 'wire'), { recursive: true })
  mkdirSync(join(tree, 'src', 'wire'), { recursive: true })
})

afterEach(() => rmSync(tree, { recursive: true }))

function generate(...args: string[]): { status: number | null; stderr: string } {
  const script = join(tree, 'native', 'wire', 'generate.mjs')
  const { status, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })
  return { status, stderr: stderr.trim() }
}

function change(file: string, from: string | RegExp, to: string): void {
  const path = join(tree, 'native', 'wire', file)
  const text = readFileSync(path, 'utf8')
  expect(text).toMatch(from)
  writeFileSync(path, text.replace(from, to))
}

test('a changed row makes the committed file stale', () => {
  expect(generate()).toEqual({ status: 0, stderr: '' })
  expect(generate('--check')).toEqual({ status: 0, stderr: '' })
  change('state.def', '"accepts connections"', '"waits for connections"')
  expect(generate('--check')).toEqual({
    status: 1,
    stderr: 'src/wire/layout.gen.ts differs from what native/wire says: run `npm run generate` and commit it',
  })
})

test.for([
  [
    'info.def',
    /FIELD\(u32, version/,
    'FIELD(u33, version',
    /^native\/wire\/info\.def:\d+: type "u33" is not one of u16, u32, i32, u64$/,
  ],
  [
    'info.def',
    /FIELD\(u32, version/,
    'FIELD(u16, version',
    /^native\/wire\/info\.def:\d+: "bornPid" would begin at byte 18, .* C would pad it$/,
  ],
  [
    'host.def',
    'names, 252',
    'names, 253',
    /^native\/wire\/host\.def:\d+: the sum of the rows, 257, .* C would pad the end$/,
  ],
  [
    'info.def',
    'FIELD(u16, family, ',
    'FIELD(u16, ',
    /^native\/wire\/info\.def:\d+: FIELD has 2 arguments, it takes 3 /,
  ],
  [
    'info.def',
    'INTS(options, 31',
    'INTS(options, 3',
    /^native\/wire\/option\.def:\d+: options of info\.def has room for 3 rows only$/,
  ],
  [
    'option.def',
    'IP_TTL',
    'IP_XTL',
    /^native\/wire\/option\.def:\d+: "IP_XTL" is not in the table linuxNumbers of generate\.mjs$/,
  ],
  [
    'state.def',
    'STATE(bound, 1',
    'STATE(bound, 0',
    /^native\/wire\/state\.def:\d+: number 0 is taken by an earlier row$/,
  ],
  ['calls.def', 'CALL(bind)', 'CALL(socket)', /^native\/wire\/calls\.def:\d+: "socket" is already in line \d+$/],
  ['calls.def', 'CALL(bind)', 'CALL bind', /^native\/wire\/calls\.def:\d+: not a row: CALL bind$/],
  ['calls.def', '(fcntl64, fcntl)', '(fcntl64, fctl)', /^native\/wire\/calls\.def:\d+: "fctl" has no CALL row above$/],
] as const)('in %s, %s as %s is refused with its line', ([file, from, to, message]) => {
  change(file, from, to)
  const { status, stderr } = generate()
  expect(stderr).toMatch(message)
  expect(status).toBe(1)
})

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isReadableByAll } from '../../src/network/preload.ts'

let dir: string
let file: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'preload-'))
  mkdirSync(join(dir, 'below'))
  file = join(dir, 'below', 'library')
  writeFileSync(file, '')
  chmodSync(join(dir, 'below'), 0o755)
})

afterEach(() => rmSync(dir, { recursive: true }))

test.each([
  ['a file that all may read, in directories that all may search', 0o711, 0o644, true],
  ["a directory above that is its owner's alone", 0o700, 0o644, false],
  ["a file that is its owner's alone", 0o711, 0o600, false],
])('%s', (_what, above, mode, expected) => {
  chmodSync(dir, above)
  chmodSync(file, mode)
  expect(isReadableByAll(file)).toBe(expected)
})

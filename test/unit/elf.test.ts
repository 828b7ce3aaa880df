import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

import { readElf } from '../../src/process/elf.ts'
import { elfProblem } from '../../src/process/loadable.ts'

/** A 64-bit little-endian ELF file with one program header, of the given type. */
function elf({ machine = 62, type = 3, interpreter = '/lib64/ld-linux-x86-64.so.2' } = {}): Buffer {
  const bytes = Buffer.alloc(64 + 56 + interpreter.length + 1)
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  bytes.writeUInt16LE(machine, 18)
  bytes.writeBigUInt64LE(64n, 32)
  bytes.writeUInt16LE(56, 54)
  bytes.writeUInt16LE(1, 56)
  bytes.writeUInt32LE(type, 64)
  bytes.writeBigUInt64LE(120n, 64 + 8)
  bytes.writeBigUInt64LE(BigInt(interpreter.length + 1), 64 + 32)
  bytes.write(interpreter, 120)
  return bytes
}

const own = { is64: true, machine: 62, interpreter: '/lib64/ld-linux-x86-64.so.2' }

test('the head of a file tells machine and loader', () => {
  expect(readElf(elf())).toEqual(own)
  expect(readElf(elf({ type: 1 }))).toEqual({ ...own, interpreter: null })
  expect(readElf(readFileSync(process.execPath).subarray(0, 4096))?.interpreter).toMatch(/\/ld-/)
})

test('what is no ELF file, or is cut anywhere, is null', () => {
  expect(readElf(Buffer.from('#!/bin/sh\n'))).toBeNull()
  for (let length = 0; length < elf().length; length++) {
    expect(readElf(elf().subarray(0, length))).toBeNull()
  }
})

test('a program is refused for its machine, for being static, or for its libc', () => {
  expect(elfProblem(own, own)).toBeNull()
  expect(elfProblem({ ...own, machine: 183 }, own)?.reason).toBe('is built for arm64, and the shim for x64')
  expect(elfProblem({ ...own, interpreter: null }, own)?.reason).toBe(
    'is a static binary, which loads no shim and would reach the real network',
  )
  expect(elfProblem({ ...own, interpreter: '/lib/ld-musl-x86_64.so.1' }, own)?.reason).toBe(
    'is loaded by /lib/ld-musl-x86_64.so.1, and the shim is built for /lib64/ld-linux-x86-64.so.2: another libc',
  )
})

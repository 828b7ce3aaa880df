// What the head of an ELF file tells of the loader that will start it. See elf(5).
export type Elf = {
  readonly is64: boolean
  /** e_machine. */
  readonly machine: number
  /** PT_INTERP: the dynamic loader; null for a static program. */
  readonly interpreter: string | null
}

const machines: Readonly<Record<string, number>> = {
  ia32: 3,
  arm: 40,
  ppc64: 21,
  s390x: 22,
  x64: 62,
  arm64: 183,
  riscv64: 243,
  loong64: 258,
}

const programHeader = 3 // PT_INTERP

/** null when the bytes are no little-endian ELF file, or end too early. */
export function readElf(head: Buffer): Elf | null {
  try {
    return parse(head)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

function parse(head: Buffer): Elf | null {
  if (head.readUInt32BE(0) !== 0x7f454c46 || head.readUInt8(5) !== 1) return null
  const is64 = head.readUInt8(4) === 2
  const machine = head.readUInt16LE(18)
  const offset = is64 ? Number(head.readBigUInt64LE(32)) : head.readUInt32LE(28)
  const size = head.readUInt16LE(is64 ? 54 : 42)
  const count = head.readUInt16LE(is64 ? 56 : 44)
  for (let at = offset; at < offset + count * size; at += size) {
    if (head.readUInt32LE(at) !== programHeader) continue
    const start = is64 ? Number(head.readBigUInt64LE(at + 8)) : head.readUInt32LE(at + 4)
    const length = is64 ? Number(head.readBigUInt64LE(at + 32)) : head.readUInt32LE(at + 16)
    if (start + length > head.length) throw new RangeError('the name of the loader is beyond the head')
    return { is64, machine, interpreter: head.toString('latin1', start, start + length - 1) }
  }
  return { is64, machine, interpreter: null }
}

export function machineName(machine: number): string {
  return Object.entries(machines).find(([, number]) => number === machine)?.[0] ?? `machine ${machine}`
}

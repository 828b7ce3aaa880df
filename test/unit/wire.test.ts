import { isIPv6, SocketAddress as NodeAddress } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isSocketWrapperError } from '../../src/errors.ts'
import { addressBytes, formatIPv6, parseAddress } from '../../src/wire/address.ts'
import { decodeHead, decodeProcesses, decodeSockets } from '../../src/wire/arena.ts'
import { decodeRecords, encodeRecord, type JournalEvent } from '../../src/wire/events.ts'
import { decodeInfo, encodeInfo, type SocketAddress, type SocketInfo } from '../../src/wire/info.ts'
import {
  ARENA_MAGIC,
  ARENA_VERSION,
  arenaLayout,
  flagNumbers,
  infoLayout,
  opNumbers,
  optionTable,
  processLayout,
  recordLayout,
  stateNumbers,
} from '../../src/wire/layout.gen.ts'
import { eventWriter, someInfo } from './hand-written.ts'

const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.integer({ min: 0, max: 0xffffffff })
const i32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const names = <Table extends object>(table: Table) => Object.keys(table) as (keyof Table & string)[]

const ipv6 = fc
  .uint8Array({ minLength: addressBytes, maxLength: addressBytes })
  // Runs of zeros, as real addresses have them.
  .chain((bytes) => fc.tuple(fc.nat(8), fc.nat(8)).map(([from, to]) => bytes.fill(0, from * 2, to * 2)))
const mapped = fc.ipV4().map((address) => parseAddress(address) ?? new Uint8Array(addressBytes))
const port = fc.integer({ min: 1, max: 0xffff })

function address(family: 'IPv4' | 'IPv6'): fc.Arbitrary<SocketAddress | null> {
  const text = family === 'IPv4' ? fc.ipV4() : fc.oneof(ipv6, mapped).map(formatIPv6)
  return fc.option(fc.record({ family: fc.constant(family), address: text, port }))
}

const socketInfo: fc.Arbitrary<SocketInfo> = fc
  .tuple(fc.constantFrom('IPv4' as const, 'IPv6' as const), fc.constantFrom('stream' as const, 'datagram' as const))
  .chain(([family, type]) =>
    fc.record<SocketInfo>({
      family: fc.constant(family),
      type: fc.constant(type),
      protocol: type === 'stream' ? fc.constantFrom('tcp' as const, 'mptcp' as const) : fc.constant('udp' as const),
      local: address(family),
      peer: address(family),
      state: fc.constantFrom(...names(stateNumbers)),
      options: fc
        .subarray(optionTable.map(({ name }) => name))
        .chain((chosen) =>
          fc
            .tuple(...chosen.map(() => i32))
            .map((values) => Object.fromEntries(chosen.map((name, index) => [name, values[index] ?? 0]))),
        ),
      host: fc.integer({ min: 1, max: 64 }),
      flags: fc.subarray(names(flagNumbers)),
      pendingError: i32,
      cookie: u64,
      inode: u64,
      version: u32,
      bornPid: u32,
    }),
  )

const journalEvent: fc.Arbitrary<JournalEvent> = fc.record({
  sequence: u64,
  timeNs: u64,
  op: fc.constantFrom(...names(opNumbers)),
  pid: u32,
  tid: u32,
  fd: i32,
  result: i32,
  detail: u32,
  position: u16,
  messageId: u64,
  info: fc.option(socketInfo),
  text: fc.string({ maxLength: 32 }).filter((text) => !text.includes('\0')),
})

/** What the decoder makes of the bytes: a value, or the package's error. Anything else escapes and fails the test. */
function decoded<Value>(decode: () => Value): Value | undefined {
  try {
    return decode()
  } catch (error) {
    if (isSocketWrapperError(error) && error.code === 'WIRE_INVALID') return undefined
    throw error
  }
}

describe('an address', () => {
  test('has the text that node prints', () => {
    fc.assert(
      fc.property(fc.oneof(ipv6, mapped), (bytes) => {
        const plain = Array.from({ length: 8 }, (_, index) =>
          (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
        ).join(':')
        expect(formatIPv6(bytes)).toBe(new NodeAddress({ address: plain, family: 'ipv6' }).address)
      }),
      { numRuns: 1000 },
    )
  })

  test('comes back from its text', () => {
    fc.assert(
      fc.property(ipv6, (bytes) => {
        expect(parseAddress(formatIPv6(bytes))).toEqual(bytes)
      }),
    )
  })

  test('is read from every spelling of it', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        fc.pre(isIPv6(text))
        expect(formatIPv6(parseAddress(text) ?? new Uint8Array())).toBe(
          new NodeAddress({ address: text, family: 'ipv6' }).address,
        )
      }),
    )
  })

  test.each(['', 'web', '1.2.3', '1.2.3.4.5', '::g', 'fe80::1%lo', '[::1]', '1.2.3.4:80'])(
    'is not made of %j',
    (text) => {
      expect(parseAddress(text)).toBeUndefined()
    },
  )
})

describe('an info', () => {
  test('comes back from its bytes, at any offset', () => {
    fc.assert(
      fc.property(socketInfo, fc.nat(100), (info, offset) => {
        const bytes = encodeInfo(info)
        expect(bytes).toHaveLength(infoLayout.size)
        expect(decodeInfo(bytes)).toEqual(info)
        expect(decodeInfo(Buffer.concat([Buffer.alloc(offset, 0xff), bytes]), offset)).toEqual(info)
      }),
    )
  })

  test('of random bytes is refused, or is what encodes to them', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 0, maxLength: 200 }),
        fc.integer({ min: -10, max: 60 }),
        (bytes, offset) => {
          const info = decoded(() => decodeInfo(bytes, offset))
          if (info !== undefined) expect(decodeInfo(encodeInfo(info))).toEqual(info)
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('with one byte changed is refused, or differs where the byte was', () => {
    fc.assert(
      fc.property(socketInfo, fc.nat(infoLayout.size - 1), fc.integer({ min: 1, max: 255 }), (info, place, change) => {
        const bytes = encodeInfo(info)
        bytes[place] = (bytes[place] ?? 0) ^ change
        const other = decoded(() => decodeInfo(bytes))
        if (other !== undefined) expect(decodeInfo(encodeInfo(other))).toEqual(other)
      }),
      { numRuns: 1000 },
    )
  })

  test('cut short is refused with the number of bytes that are there', () => {
    const bytes = encodeInfo(someInfo())
    expect(() => decodeInfo(bytes, 1)).toThrow('size 207; allowed')
    expect(() => decodeInfo(bytes, 300)).toThrow('size 0; allowed')
    expect(() => decodeInfo(bytes, -1)).toThrow('allowed: at least 208 bytes')
    for (const size of [0, 1, 64, infoLayout.size - 1]) {
      expect(() => decodeInfo(bytes.subarray(0, size))).toThrow(`size ${size}; allowed: at least 208 bytes`)
    }
  })

  test.each([
    ['family', 7, 'family 7; allowed: 2 (IPv4), 10 (IPv6)'],
    ['type', 5, 'type 5; allowed: 1 (stream), 2 (datagram)'],
    ['state', 4, 'state 4; allowed: 0, 1, 2, 3'],
    ['protocol', 1, 'protocol 1; allowed: 6 (tcp), 17 (udp)'],
    ['host', 0, 'host 0; allowed: 1 to 64'],
    ['host', 65, 'host 65; allowed: 1 to 64'],
  ] as const)('with %s %i is refused', (field, value, message) => {
    const bytes = encodeInfo(someInfo())
    bytes.writeUInt16LE(value, infoLayout.offsets[field])
    expect(() => decodeInfo(bytes)).toThrow(`The info has ${message}`)
  })

  test('of an IPv4 socket with an IPv6 address is refused', () => {
    const bytes = encodeInfo(someInfo())
    bytes[infoLayout.offsets.peerAddress] = 0xfd
    expect(() => decodeInfo(bytes)).toThrow(
      'peerAddress fd00::ffff:a35:3901; allowed: ::ffff:a.b.c.d on an IPv4 socket',
    )
  })

  test('has an IPv4 address as the program sees it: mapped on an IPv6 socket only', () => {
    const bytes = encodeInfo(someInfo())
    expect(decodeInfo(bytes).local).toEqual({ family: 'IPv4', address: '10.53.57.2', port: 80 })
    bytes.writeUInt16LE(10, infoLayout.offsets.family)
    expect(decodeInfo(bytes).local).toEqual({ family: 'IPv6', address: '::ffff:10.53.57.2', port: 80 })
  })
})

describe('records', () => {
  test('come back from their bytes, in order', () => {
    fc.assert(
      fc.property(fc.array(journalEvent, { maxLength: 5 }), (events) => {
        const fitting = events.map((event) => ({ ...event, text: cut(event.text) }))
        expect(decodeRecords(Buffer.concat(events.map(encodeRecord)))).toEqual(fitting)
      }),
    )
  })

  test('of random bytes are refused, or are what encodes to them', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: recordLayout.size, maxLength: recordLayout.size }),
        fc.constantFrom(...Object.values(opNumbers)),
        fc.boolean(),
        (bytes, op, hasInfo) => {
          bytes[recordLayout.offsets.op] = op
          bytes[recordLayout.offsets.op + 1] = 0
          if (!hasInfo) bytes.fill(0, recordLayout.offsets.info, recordLayout.offsets.text)
          const [event] = decoded(() => decodeRecords(bytes)) ?? []
          if (event !== undefined)
            expect(decodeRecords(encodeRecord(event))).toMatchObject([{ ...event, text: expect.any(String) }])
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('that end in the middle are refused', () => {
    const record = encodeRecord(eventWriter()({ op: 'bind' }))
    expect(() => decodeRecords(Buffer.concat([record, record.subarray(0, 100)]))).toThrow(
      'The batch of records has size 388; allowed: multiples of 288 bytes.',
    )
  })

  test('with an unknown operation are refused by number', () => {
    const bytes = encodeRecord({ ...eventWriter()({ op: 'bind' }), sequence: 77n })
    bytes.writeUInt16LE(200, recordLayout.offsets.op)
    expect(() => decodeRecords(bytes)).toThrow(/^The record 77 has op 200; allowed: 0 to \d+\./)
  })

  test('with an info that is not all zero and no socket has are refused', () => {
    const bytes = encodeRecord(eventWriter()({ op: 'bind' }))
    bytes[recordLayout.offsets.info + 100] = 1
    expect(() => decodeRecords(bytes)).toThrow('The info has family 0')
  })

  test('have a text that ends at the first zero byte, and is cut to its field', () => {
    expect(decodeRecords(encodeRecord(eventWriter()({ op: 'processStart', text: 'x'.repeat(40) })))).toMatchObject([
      { text: 'x'.repeat(32) },
    ])
    expect(decodeRecords(encodeRecord(eventWriter()({ op: 'processStart', text: 'node\0junk' })))).toMatchObject([
      { text: 'node' },
    ])
  })
})

describe('the tables of the arena', () => {
  const head = Buffer.alloc(arenaLayout.size)
  head.writeBigUInt64LE(ARENA_MAGIC, arenaLayout.offsets.magic)
  head.writeUInt32LE(ARENA_VERSION, arenaLayout.offsets.version)

  test('have a head with the counts of what found no room', () => {
    const bytes = Buffer.from(head)
    bytes.writeBigUInt64LE(3n, arenaLayout.offsets.lost)
    expect(decodeHead(bytes)).toMatchObject({ lost: 3n, registryLost: 0n, processLost: 0n })
  })

  test('are refused with another magic, another version, or half a head', () => {
    const other = Buffer.from(head)
    other.writeUInt32LE(ARENA_VERSION + 1, arenaLayout.offsets.version)
    expect(() => decodeHead(other)).toThrow(`version ${ARENA_VERSION + 1}; allowed: ${ARENA_VERSION}`)
    expect(() => decodeHead(Buffer.alloc(arenaLayout.size))).toThrow('magic 0x0; allowed: 0x6e65726120777376')
    expect(() => decodeHead(head.subarray(1))).toThrow(`size ${arenaLayout.size - 1}`)
  })

  test('have one row for each process', () => {
    const row = Buffer.alloc(processLayout.size)
    row.writeUInt32LE(4712, processLayout.offsets.pid)
    row.writeUInt32LE(4711, processLayout.offsets.parent)
    row.writeUInt32LE(2, processLayout.offsets.host)
    row.writeUInt32LE(5, processLayout.offsets.flags)
    row.write('node', processLayout.offsets.program)
    expect(decodeProcesses(row)).toMatchObject([
      {
        pid: 4712,
        parent: 4711,
        host: 2,
        program: 'node',
        isUnderShim: true,
        isSpawned: false,
        isTest: true,
        isExited: false,
      },
    ])
  })

  test('of random bytes are refused or read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        decoded(() => decodeHead(bytes))
        decoded(() => decodeProcesses(bytes))
        decoded(() => decodeSockets(bytes))
      }),
    )
  })

  test('have one info for each socket of the registry', () => {
    const infos = [someInfo(), someInfo({ cookie: 7n, peer: null, state: 'listening' })]
    expect(decodeSockets(Buffer.concat(infos.map(encodeInfo)))).toEqual(infos)
    expect(decodeSockets(Buffer.alloc(0))).toEqual([])
  })
})

/** The text as 32 bytes of UTF-8 hold it. */
function cut(text: string): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.from(text).subarray(0, 32))
}

import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'

import { compileProgram, run, runProgram, shimEnvironment, withDirectory } from '../helpers.ts'
import { followFlows, type Packet, readPcap } from './pcap.ts'
import { expected } from './same.ts'

type Captured = { readonly packets: readonly Packet[]; readonly directory: string; readonly log: string }

/** Runs under/capture with SOCKET_WRAPPER_PCAP_FILE. */
async function capture<T>(args: readonly string[], look: (captured: Captured) => T | Promise<T>): Promise<T> {
  return withDirectory(async (directory) => {
    const [network, log, file] = [join(directory, 'n'), join(directory, 'log'), join(directory, 'x.pcap')]
    await mkdir(network)
    const env = shimEnvironment(network, { VITEST_SOCKET_WRAPPER_LOG: log, SOCKET_WRAPPER_PCAP_FILE: file })
    const command = await compileProgram('under/capture')
    const result = await run({ command, args: args.map((arg) => arg.replace('<dir>', directory)), env })
    expect(result).toMatchObject({ status: 'exit 0', stderr: '' })
    expect(result.lines).toEqual(['end'])
    const packets = readPcap(await readFile(file))
    return look({ packets, directory, log: await readFile(log, 'utf8').catch(() => '') })
  })
}

const handshake = ['> S', '< SA', '> A']
const families = ['127.0.0.1', '[::1]'] as const

test.each(families.map((address, index) => [address, index] as const))('a stream of %s', async (address, index) => {
  await capture(['stream'], ({ packets, log }) => {
    expect(log).toBe('')
    const flow = followFlows(packets)[index]
    expect(flow?.client.startsWith(`${address}:`)).toBe(true)
    expect(flow?.server.startsWith(`${address}:`)).toBe(true)
    expect(flow?.lines).toEqual([...handshake, ...['> PA 5', '< PA 5', '> FA', '< A', '< PA 4', '< FA', '> A']])
    expect([String(flow?.fromClient), String(flow?.fromServer)]).toEqual(['hello', 'worldlast'])
  })
})

// Only a peer that reads the end of a socket which several processes have held knows that the last one is gone.
test('a megabyte in one write is many packets, and an acknowledgement after each second one', async () => {
  const bytes = Buffer.from(Array.from({ length: 2 ** 20 }, (_, i) => (i * 7 + Math.floor(i / 256)) & 0xff))
  await capture(['large'], ({ packets }) => {
    const flows = followFlows(packets)
    expect(flows).toHaveLength(2)
    for (const { fromClient, fromServer, lines } of flows) {
      expect(fromClient.equals(bytes)).toBe(true)
      expect(String(fromServer)).toBe('got it')
      expect(lines.slice(0, 3)).toEqual(handshake)
      const most = Math.max(...packets.map(({ data }) => data.length))
      expect(most).toBe(65495)
      expect(lines.filter((line) => line === '< A').length).toBeGreaterThan(4)
      expect(lines.slice(-3)).toEqual(['< PA 6', '< FA', '> A'])
    }
  })
})

test('nobody is there: a reset for TCP, an ICMP message that quotes the datagram for UDP', async () => {
  await capture(['refused'], ({ packets }) => {
    expect(followFlows(packets).map(({ lines }) => lines)).toEqual([
      ['> S', '< RA'],
      ['> S', '< RA'],
    ])
    const others = packets.filter(({ protocol }) => protocol !== 'tcp')
    expect(others.map(({ protocol }) => protocol)).toEqual(['udp', 'icmp', 'udp', 'icmp'])
    expect(others.map(({ data }) => data.subarray(-8).toString())).toEqual(Array(4).fill('anybody?'))
    expect([...(others[1]?.data.subarray(0, 2) ?? [])]).toEqual([3, 3])
    expect([...(others[3]?.data.subarray(0, 2) ?? [])]).toEqual([1, 4])
  })
})

test('a close with unread bytes is a reset', async () => {
  await capture(['reset'], ({ packets }) => {
    for (const { lines } of followFlows(packets)) expect(lines).toEqual([...handshake, '> PA 17', '< RA'])
  })
})

test('datagrams of any size', async () => {
  await capture(['datagram'], ({ packets }) => {
    expect(packets.map(({ protocol, data }) => `${protocol} ${data.length}`)).toEqual(
      families.flatMap(() => ['udp 3', 'udp 0', 'udp 65507']),
    )
    const [request, answer] = packets
    expect([answer?.from, answer?.to]).toEqual([request?.to, request?.from])
  })
})

test('a socket that is forked and passed goes on without a gap', async () => {
  await capture(['holders'], ({ packets }) => {
    const flows = followFlows(packets)
    expect(flows).toHaveLength(2)
    for (const { fromClient, fromServer, lines } of flows) {
      expect([String(fromClient), String(fromServer)]).toEqual(['twofour', 'onethreefivesix'])
      expect(lines).toEqual([
        ...handshake,
        ...['< PA 3', '> PA 3', '< PA 5', '> PA 4', '< PA 4', '< PA 3', '< FA', '> A'],
      ])
    }
  })
})

test('what the kernel moves is recorded by its sender, in order', async () => {
  await capture(['moved'], ({ packets }) => {
    for (const { fromServer, lines } of followFlows(packets)) {
      expect(String(fromServer)).toBe('sendfile,by splice.')
      expect(lines.slice(0, 7)).toEqual([...handshake, '< PA 8', '< PA 1', '< PA 9', '< PA 1'])
    }
  })
})

test('what the sender cannot see is recorded by the receiver', async () => {
  await capture(['unseen'], ({ packets }) => {
    for (const { fromServer, lines } of followFlows(packets)) {
      expect(String(fromServer)).toBe('by stdioby write')
      expect(lines).toEqual([...handshake, '< PA 8', '< PA 8', '< FA', '> A', '> FA', '< A'])
    }
  })
})

test('a daemon that closes everything keeps its own files to itself, and goes on over exec', async () => {
  await capture(['daemon', '<dir>/own'], async ({ packets, directory }) => {
    const flows = followFlows(packets)
    expect(flows).toHaveLength(1)
    expect([String(flows[0]?.fromClient), String(flows[0]?.fromServer)]).toEqual(['beforeafter', 'executed'])
    expect((await stat(join(directory, 'own'))).size).toBe(0)
  })
})

test('processes that are killed in mid-packet leave whole packets and no gap', async () => {
  await capture(['killed', '40'], ({ packets, log }) => {
    expect(log).toBe('')
    expect(followFlows(packets)).toHaveLength(40)
  })
})

/** Runs under/capture with a capture that may be impossible; returns what is in the log and in the file. */
async function captureInto(
  what: string,
  path: string,
  { before, command = '"$0" "$@"' }: { before?: Buffer; command?: string } = {},
): Promise<{ log: string; file: Buffer }> {
  return withDirectory(async (directory) => {
    const [network, log, file] = [join(directory, 'n'), join(directory, 'log'), path.replace('<dir>', directory)]
    await mkdir(network)
    if (before !== undefined) await writeFile(file, before)
    const env = shimEnvironment(network, { VITEST_SOCKET_WRAPPER_LOG: log, SOCKET_WRAPPER_PCAP_FILE: file })
    const args = ['-c', command, await compileProgram('under/capture'), what]
    expect(await run({ command: 'sh', args, env })).toMatchObject({ status: 'exit 0', stderr: '', lines: ['end'] })
    const empty = Buffer.alloc(0)
    return {
      log: await readFile(log, 'utf8').catch(() => ''),
      file: file.startsWith('/dev/') ? empty : await readFile(file).catch(() => empty),
    }
  })
}

const oneLine = (end: string): RegExp =>
  new RegExp(`^socket-wrapper ERROR\\[\\d+\\] \\w+: the capture \\S+ cannot be written ${end}\n$`)

test.each([
  ['<dir>/nowhere/x.pcap', 2],
  ['/dev/full', 22],
])('a capture %s cannot be written: one line in the log, and nothing else', async (path, error) => {
  const { log } = await captureInto('stream', path)
  expect(log).toMatch(oneLine(`\\(errno ${error}\\): this process writes nothing of it`))
})

test("somebody else's file is left alone", async () => {
  const { log, file } = await captureInto('stream', '<dir>/x.pcap', { before: Buffer.from('my thesis') })
  expect(log).toMatch(oneLine('\\(errno 22\\): this process writes nothing of it'))
  expect(String(file)).toBe('my thesis')
})

test('a full disk ends the capture after a whole packet', async () => {
  const command = 'ulimit -f 4000; exec "$0" "$@"'
  const { log, file } = await captureInto('large', '<dir>/x.pcap', { command })
  expect(file.length).toBeGreaterThan(1_500_000)
  expect(readPcap(file).length).toBeGreaterThan(20)
  for (const line of log.split(/(?<=\n)/))
    expect(line).toMatch(oneLine('\\(errno 27\\): this process writes no more of it'))
})

test('a file of socket_wrapper goes on in microseconds, as its head says', async () => {
  const head = Buffer.from('d4c3b2a1020004000000000000000000ffff000065000000', 'hex')
  const { log, file } = await captureInto('stream', '<dir>/x.pcap', { before: head })
  expect(log).toBe('')
  const packets = readPcap(file)
  expect(followFlows(packets)).toHaveLength(2)
  const ageNs = BigInt(Date.now()) * 1_000_000n - (packets[0]?.timeNs ?? 0n)
  expect(ageNs).toBeGreaterThan(0n)
  expect(ageNs).toBeLessThan(30_000_000_000n)
  for (const { timeNs } of packets) expect(timeNs % 1000n).toBe(0n)
})

test('a name that ends with .pcapng makes one', async () => {
  const { file } = await captureInto('stream', '<dir>/x.pcapng')
  expect(file.subarray(0, 4).toString('hex')).toBe('0a0d0d0a')
  expect(file.includes('capture')).toBe(true)
})

// A captured socket takes other ways through the shim: they must answer the same.
test.each([
  ...['datagram_forms', 'datagram_many', 'datagram_refused', 'half_close', 'fork_server', 'fork_shared', 'out_of_band'],
  ...['peer_gone', 'raw_syscalls', 'sendfile_splice', 'signal_safety', 'stdio_stream', 'stream_backpressure'],
  ...['stream_flags', 'stream_forms', 'stream_interrupted', 'stream_large', 'threads_blocked', 'wait_calls'],
])('%s prints the same with a capture, which is sound', async (program) => {
  const kernel = await runProgram(program, 'kernel')
  const result = await runProgram(program, 'captured')
  expect(result.lines).toEqual(expected(program, 'bare', kernel.lines))
  expect(result).toMatchObject({ status: 'exit 0', stderr: '', log: '' })
  followFlows(readPcap(result.capture))
})

import { describe, expect, test } from 'vitest'

import { compileProgram, createArena, run, shimEnvironment, withDirectory, type Result } from '../helpers.ts'

const passthrough = [
  '192.0.2.9',
  'real.example=192.0.2.9',
  'real.example=192.0.2.10',
  'dead.example=',
  ...Array.from({ length: 32 }, (_, index) => `many.example=192.0.2.${100 + index}`),
].join(',')

/** A program on host 2 of a network with the hosts test, web and api.example. */
async function runInWorld(command: string, args: readonly string[]): Promise<Result> {
  return withDirectory(async (directory) => {
    await createArena(directory, ['test', 'web', 'api.example'])
    const env = shimEnvironment(directory, {
      SOCKET_WRAPPER_IPV4_NETWORK: '10.53.57.0',
      SOCKET_WRAPPER_DEFAULT_IFACE: '2',
      VITEST_SOCKET_WRAPPER_PASSTHROUGH: passthrough,
    })
    const result = await run({ command, args, env })
    expect(result).toMatchObject({ status: 'exit 0', stderr: '' })
    return result
  })
}

async function world(...args: readonly string[]): Promise<readonly string[]> {
  const { lines } = await runInWorld(await compileProgram('under/world'), args)
  expect(lines.at(-1)).toBe('end')
  return lines.slice(0, -1)
}

describe('names', () => {
  test('a host has one address of each family, IPv4 first', async () => {
    expect(await world('names', 'Api.Example.')).toEqual([
      'Api.Example., all: 10.53.57.3 fd00::5357:5f03, called api.example',
      'Api.Example., IPv4: 10.53.57.3',
      'Api.Example., IPv6: fd00::5357:5f03',
      'Api.Example., IPv6 or mapped: fd00::5357:5f03',
      'Api.Example., IPv6 and mapped: fd00::5357:5f03 ::ffff:10.53.57.3',
      'Api.Example., numeric: Name or service not known',
      '  gethostbyname: api.example 10.53.57.3',
      '  gethostbyname: api.example fd00::5357:5f03',
    ])
  })

  test('localhost is the own loopback, IPv6 first', async () => {
    expect(await world('names', 'localhost')).toEqual([
      'localhost, all: ::1 127.0.0.1, called localhost',
      'localhost, IPv4: 127.0.0.1',
      'localhost, IPv6: ::1',
      'localhost, IPv6 or mapped: ::1',
      'localhost, IPv6 and mapped: ::1 ::ffff:127.0.0.1',
      'localhost, numeric: Name or service not known',
      '  gethostbyname: localhost 127.0.0.1',
      '  gethostbyname: localhost ::1',
    ])
  })

  test('nobody else has a name', async () => {
    const lines = await world('names', 'nosuch.example')
    expect(new Set(lines.slice(0, 6).map((line) => line.replace(/^.*: /, '')))).toEqual(
      new Set(['Name or service not known']),
    )
    expect(lines.slice(6)).toEqual(['  gethostbyname: Unknown host', '  gethostbyname: Unknown host'])
  })

  test('a name of passthrough stands for the addresses it had', async () => {
    expect(await world('names', 'real.example')).toEqual([
      'real.example, all: 192.0.2.9 192.0.2.10, called real.example',
      'real.example, IPv4: 192.0.2.9 192.0.2.10',
      'real.example, IPv6: Address family for hostname not supported',
      'real.example, IPv6 or mapped: ::ffff:192.0.2.9 ::ffff:192.0.2.10',
      'real.example, IPv6 and mapped: ::ffff:192.0.2.9 ::ffff:192.0.2.10',
      'real.example, numeric: Name or service not known',
      '  gethostbyname: real.example 192.0.2.9',
      '  gethostbyname: No address associated with name',
    ])
    const [all, , , , , , old] = await world('names', 'dead.example')
    expect([all, old]).toEqual([
      'dead.example, all: Temporary failure in name resolution',
      '  gethostbyname: Host name lookup failure',
    ])
  })

  test('addresses have names', async () => {
    expect(await world('names', '10.53.57.3', 'fd00::5357:5f02', '::1', '192.0.2.1')).toEqual([
      ...['10.53.57.3: api.example', '  or api.example https', '  gethostbyaddr: api.example'],
      ...['fd00::5357:5f02: web', '  or web https', '  gethostbyaddr: web'],
      ...['::1: localhost', '  or localhost https', '  gethostbyaddr: localhost'],
      ...['192.0.2.1: Name or service not known', '  or 192.0.2.1 https', '  gethostbyaddr: Unknown host'],
    ])
  })
})

describe('the name server', () => {
  test('answers res_query and its kin', async () => {
    const names = ['WEB', 'real.example', 'dead.example', 'nosuch', '3.57.53.10.in-addr.arpa', '9.9.9.9.in-addr.arpa']
    expect(await world('questions', ...names)).toEqual([
      'WEB: first of 1, type 1 10.53.57.2',
      'real.example: first of 2, type 1 192.0.2.9',
      'dead.example: Host name lookup failure',
      'nosuch: Unknown host',
      '3.57.53.10.in-addr.arpa: first of 1, type 12 api.example',
      '9.9.9.9.in-addr.arpa: Unknown host',
      'res_search for MX: No address associated with name',
      'res_querydomain: 45 bytes',
    ])
  })

  const ask = async (script: string): Promise<unknown> => {
    const { lines } = await runInWorld(process.execPath, ['-e', script])
    return JSON.parse(lines.join('\n'))
  }

  test('answers c-ares, over UDP and TCP', async () => {
    const script = `
      const { Resolver } = require('dns').promises
      const asked = [['resolve4', 'web'], ['resolve6', 'web'], ['resolve4', 'localhost'], ['reverse', '10.53.57.3'],
        ['reverse', 'fd00::5357:5f02'], ['resolveMx', 'web'], ['resolve4', 'nosuch'], ['resolve4', 'dead.example']]
      const ask = async (servers) => {
        const resolver = new Resolver({ tries: 1 })
        if (servers) resolver.setServers(servers)
        const answers = await Promise.all(asked.map(([call, name]) => resolver[call](name).catch((error) => error.code)))
        return [...answers, (await resolver.resolve4('many.example')).length]
      }
      Promise.all([ask(), ask(['8.8.8.8']), ask(['[2001:db8::1]']), ask(['127.0.0.53'])]).then((all) => console.log(JSON.stringify(all)))`
    const expected = [
      ['10.53.57.2'],
      ['fd00::5357:5f02'],
      ['127.0.0.1'],
      ['api.example'],
      ['web'],
      'ENODATA',
      'ENOTFOUND',
      'ESERVFAIL',
      32, // too many for a datagram: asked again over TCP
    ]
    expect(await ask(script)).toEqual([expected, expected, expected, expected])
  })

  /* Questions byte by byte: id 0x1234, recursion desired. */
  const raw = `
    const question = (name, type, edns) => Buffer.concat([
      Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, edns ? 1 : 0]),
      ...name.split('.').map((part) => Buffer.from([part.length, ...Buffer.from(part)])), Buffer.from([0, 0, type, 0, 1]),
      Buffer.from(edns ? [0, 0, 41, edns >> 8, edns & 255, 0, 0, 0, 0, 0, 0] : []),
    ])
    const shown = (answer) => answer.subarray(0, 12).toString('hex') + ' ' + answer.length
    const udp = (socket, message, port = 53, to = '198.51.100.7') => new Promise((resolve) => {
      socket.once('message', (answer, from) => resolve([shown(answer), from.address, from.port]))
      socket.send(message, port, to)
    })`

  test('cuts what is too long for a datagram and takes EDNS', async () => {
    const script = `${raw}
      const socket = require('dgram').createSocket('udp4')
      ;(async () => {
        const answers = []
        for (const message of [question('many.example', 1), question('many.example', 1, 1232), question('web', 1, 512),
          Buffer.from('123401000002000000000000', 'hex'), Buffer.from('123428000000000000000000', 'hex')])
          answers.push(await udp(socket, message))
        socket.close()
        console.log(JSON.stringify(answers))
      })()`
    const from = ['198.51.100.7', 53]
    expect(await ask(script)).toEqual([
      ['123487800001001d00000000 494', ...from], // cut: 29 of 32
      ['123485800001002000000001 553', ...from],
      ['123485800001000100000001 48', ...from],
      ['123485810000000000000000 12', ...from], // two questions: FORMERR
      ['1234ac840000000000000000 12', ...from], // an update: NOTIMP
    ])
  })

  test('answers streams, whatever the pieces, until they end', async () => {
    const script = `${raw}
      const framed = (message) => Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message])
      const stream = require('net').connect(53, '198.51.100.7')
      const bytes = []
      stream.setNoDelay().on('connect', async () => {
        const one = framed(question('web', 1)), two = framed(question('many.example', 1))
        for (const piece of [one.subarray(0, 1), one.subarray(1, 9), Buffer.concat([one.subarray(9), two])])
          await new Promise((resolve) => stream.write(piece, resolve))
        stream.end()
      }).on('data', (data) => bytes.push(data)).on('end', () => {
        const all = Buffer.concat(bytes), first = all.readUInt16BE(0)
        console.log(JSON.stringify([shown(all.subarray(2, 2 + first)), shown(all.subarray(4 + first)), stream.remoteAddress ?? '']))
      })`
    const answer = await ask(script)
    expect(answer).toEqual([
      '123485800001000100000000 37',
      '123485800001002000000000 542',
      expect.stringMatching(/^(198\.51\.100\.7)?$/),
    ])
  })

  test("a server of the user's own goes first on its addresses", async () => {
    const script = `${raw}
      const dgram = require('dgram'), server = dgram.createSocket('udp4'), socket = dgram.createSocket('udp4')
      server.on('message', (message, from) => server.send('my own answer', from.port, from.address)).bind(53, '127.0.0.1', async () => {
        const own = await udp(socket, question('web', 1), 53, '127.0.0.1')
        const other = await udp(socket, question('web', 1), 53, '127.0.0.53')
        server.close()
        const after = await udp(socket, question('web', 1), 53, '127.0.0.1')
        socket.close()
        console.log(JSON.stringify([own[0].replace(/^.* /, ''), other, after]))
      })`
    const answer = '123485800001000100000000 37'
    expect(await ask(script)).toEqual(['13', [answer, '127.0.0.53', 53], [answer, '127.0.0.1', 53]])
  })
})

describe('interfaces', () => {
  test('are lo and eth0 with the addresses of the host', async () => {
    expect(await world('interfaces')).toEqual([
      'lo flags 10049: link 1 type 772 00:00:00:00:00:00 mask nothing other link 1 type 772 00:00:00:00:00:00',
      'eth0 flags 11043: link 2 type 1 02:00:0a:35:39:02 mask nothing other link 2 type 1 ff:ff:ff:ff:ff:ff',
      'lo flags 10049: 127.0.0.1 mask 255.0.0.0 other 127.0.0.1',
      'eth0 flags 11043: 10.53.57.2 mask 255.0.0.0 other 10.255.255.255',
      'lo flags 10049: ::1 mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff other nothing',
      'eth0 flags 11043: fd00::5357:5f02 mask ffff:ffff:ffff:ffff:: other nothing',
      '1: lo',
      '2: eth0',
      'eth0 is 2, 1 is lo',
      'no such name: ENODEV',
      'no such number: ENXIO',
    ])
  })

  test('answer the requests of netdevice(7) on any socket, and cannot be changed', async () => {
    const lo = ['flags 49', 'address 127.0.0.1', 'mask 255.0.0.0', 'broadcast 0.0.0.0', 'mtu 65536']
    const eth0 = ['flags 1043', 'address 10.53.57.2', 'mask 255.0.0.0', 'broadcast 10.255.255.255', 'mtu 1500']
    const each = [
      ...['lo 127.0.0.1', 'eth0 10.53.57.2', 'SIOCGIFCONF for the size: 0', '  2'],
      ...['SIOCGIFNAME: 0', 'lo: 0', ...lo.map((line) => `  ${line}`), '  hardware 772, last byte 0'],
      ...['SIOCGIFNAME: 0', 'eth0: 0', ...eth0.map((line) => `  ${line}`), '  hardware 1, last byte 2'],
      ...['no such interface: ENODEV', 'a change: EPERM', 'a route: EPERM'],
    ]
    const none = ['no socket: ENOTTY', 'no descriptor: EBADF']
    expect(await world('requests')).toEqual(['a UDP socket', ...each, 'a unix socket', ...each, ...none])
  })

  test('are what os.networkInterfaces shows', async () => {
    const { lines } = await runInWorld(process.execPath, [
      '-e',
      "console.log(Object.entries(require('os').networkInterfaces()).flatMap(([name, all]) => all.map((one) => name + ' ' + one.cidr + ' ' + one.mac)).join('\\n'))",
    ])
    expect(lines).toEqual([
      'lo 127.0.0.1/8 00:00:00:00:00:00',
      'lo ::1/128 00:00:00:00:00:00',
      'eth0 10.53.57.2/8 02:00:0a:35:39:02',
      'eth0 fd00::5357:5f02/64 02:00:0a:35:39:02',
    ])
  })
})

// @vitest-environment socket-wrapper
import dgram from 'node:dgram'
import dns, { lookup } from 'node:dns'
import dnsPromises from 'node:dns/promises'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import { promisify } from 'node:util'
import { describe } from 'vitest'

import { expect, type Network, test } from '../../src/test.ts'

const httpServer = (text: string) => ['-e', `require('http').createServer((q, r) => r.end('${text}')).listen(80)`]

async function listening<Server extends net.Server>(server: Server, port: number, host?: string): Promise<Server> {
  server.listen(port, host)
  await once(server, 'listening')
  return server
}

describe('names', () => {
  test('hosts resolve in all families and orders, in every spelling of lookup', async ({ network }) => {
    network.host('web')
    const v4 = { address: '10.53.57.2', family: 4 }
    const v6 = { address: 'fd00::5357:5f02', family: 6 }
    expect(await dnsPromises.lookup('web')).toEqual(v4)
    expect(await dns.promises.lookup('WEB.', 6)).toEqual(v6)
    expect(await dnsPromises.lookup('web', { all: true })).toEqual([v4, v6])
    expect(await dnsPromises.lookup('web', { all: true, family: 4 })).toEqual([v4])
    expect(await promisify(lookup)('web')).toEqual(v4)
    expect(await promisify(dns.lookup)('web', { all: true })).toEqual([v4, v6])
    const callback = await new Promise((resolve) => lookup('web', (...values) => resolve(values)))
    expect(callback).toEqual([null, v4.address, 4])
    const loopback = [
      { address: '::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ]
    expect(await dnsPromises.lookup('localhost', { all: true })).toEqual(loopback)
    expect(await dnsPromises.lookup('app.localhost', { all: true, order: 'ipv4first' } as object)).toEqual(
      loopback.toReversed(),
    )
    expect(await dnsPromises.lookup(hostname(), 4)).toEqual({ address: '10.53.57.1', family: 4 })
    expect(await dnsPromises.lookup('192.0.2.7')).toEqual({ address: '192.0.2.7', family: 4 })
  })

  test('an unknown name says which hosts there are', async ({ network }) => {
    network.host('web')
    const error = await dnsPromises.lookup('db').catch((reason: NodeJS.ErrnoException) => reason)
    expect(error).toMatchObject({ code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: 'db' })
    expect(String(error)).toContain('the network has the hosts test, web; declare it with network.host("db")')
  })

  test('addresses have names, by lookupService and by a question to a name server', async ({ network }) => {
    network.host('web')
    expect(await dnsPromises.lookupService('10.53.57.2', 80)).toEqual({ hostname: 'web', service: 'http' })
    expect(await promisify(dns.lookupService)('FD00:0::5357:5f02', 53)).toEqual({ hostname: 'web', service: 'domain' })
    expect(await dnsPromises.lookupService('::1', 7)).toMatchObject({ hostname: 'localhost' })
    const error = await dnsPromises.lookupService('192.0.2.7', 80).catch((reason: NodeJS.ErrnoException) => reason)
    expect(error).toMatchObject({ code: 'ENOTFOUND', syscall: 'getnameinfo', hostname: '192.0.2.7' })
    expect(await dnsPromises.reverse('10.53.57.2')).toEqual(['web'])
    expect(await dnsPromises.reverse('fd00::5357:5f02')).toEqual(['web'])
  })

  test('questions to name servers are answered in the network, and leave nothing', async ({ network }) => {
    network.host('web')
    expect(await dnsPromises.resolve4('web')).toEqual(['10.53.57.2'])
    expect(await promisify(dns.resolve6)('web')).toEqual(['fd00::5357:5f02'])
    await expect(dnsPromises.resolve4('vitest.dev')).rejects.toMatchObject({ code: 'ENOTFOUND', syscall: 'queryA' })
    await expect(dnsPromises.resolveMx('web')).rejects.toMatchObject({ code: 'ENODATA' })
    network.host('later')
    expect(await dnsPromises.resolve4('later')).toEqual(['10.53.57.3'])
    const resolver = new dnsPromises.Resolver()
    resolver.setServers(['8.8.8.8', '[2001:4860:4860::8888]:53'])
    expect(await resolver.resolveAny('web')).toHaveLength(2)
    expect(network.sockets.filter(({ info }) => info.peer?.port === 53)).toEqual([])
  })

  test("a test's own name server is asked where it is", async ({ network }) => {
    const server = dgram.createSocket('udp4')
    // The question with the answer bits set and one record: 192.0.2.99.
    server.on('message', (question, from) => {
      const end = question.indexOf(0, 12) + 5
      const answer = Buffer.concat([question.subarray(0, end), Buffer.from('c00c00010001000000000004c0000263', 'hex')])
      answer.writeUInt16BE(0x8180, 2)
      answer.writeUInt16BE(1, 6)
      answer.writeUInt16BE(0, 10)
      server.send(answer, from.port, from.address)
    })
    server.bind(53, '127.0.0.1')
    await once(server, 'listening')
    const resolver = new dnsPromises.Resolver()
    resolver.setServers(['127.0.0.1'])
    expect(await resolver.resolve4('any.example')).toEqual(['192.0.2.99'])
    resolver.setServers([network.host('web').addresses.IPv4])
    await expect(resolver.resolve4('any.example')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('the interfaces are those of its host', () => {
    expect(Object.entries(networkInterfaces()).map(([name, all]) => [name, all?.map(({ cidr }) => cidr)])).toEqual([
      ['lo', ['127.0.0.1/8', '::1/128']],
      ['eth0', ['10.53.57.1/8', 'fd00::5357:5f01/64']],
    ])
  })

  test('a program resolves the same names in the same order', async ({ network }) => {
    network.host('web')
    const script = `const { lookup } = require('dns/promises')
      Promise.all(['web', 'localhost', require('os').hostname()].map((name) => lookup(name, { all: true, verbatim: true })))
        .then((all) => console.log(JSON.stringify(all)))`
    const program = await network.spawn('node', ['-e', script], { ready: 'exit' })
    const own = ['web', 'localhost', hostname()].map((name) => dnsPromises.lookup(name, { all: true, verbatim: true }))
    expect(JSON.parse(program.stdout.text())).toEqual(await Promise.all(own))
  })

  test('a program reaches a host by its name', async ({ network }) => {
    await network.host('web').spawn('node', httpServer('hello'))
    const script = "fetch('http://web/').then((r) => r.text()).then(console.log)"
    const client = await network.host('client').spawn('node', ['-e', script], { ready: 'exit' })
    expect(client.stdout.text()).toBe('hello\n')
  })
})

describe('the test itself', () => {
  test('serves and calls on low ports, over both families', async () => {
    const server = await listening(
      http.createServer((request, response) => response.end(request.socket.remoteAddress)),
      80,
    )
    expect(server.address()).toEqual({ address: '::', family: 'IPv6', port: 80 })
    expect(await (await fetch('http://127.0.0.1/')).text()).toBe('::ffff:127.0.0.1')
    expect(await (await fetch('http://[::1]/')).text()).toBe('::1')
    expect(await (await fetch('http://test/')).text()).toBe('::ffff:10.53.57.1')
    expect(server).toBeListeningOn({ port: 80, family: 'IPv6' })
  })

  test('sends and receives datagrams', async ({ network }) => {
    const echo = `const s = require('dgram').createSocket('udp4')
      s.on('message', (m, from) => s.send('re: ' + m, from.port, from.address)); s.bind(53)`
    await network.host('dns').spawn('node', ['-e', echo], { ready: 'udp-bind' })
    const socket = dgram.createSocket('udp4')
    socket.send('hi', 53, 'dns')
    const [message, from] = (await once(socket, 'message')) as [Buffer, dgram.RemoteInfo]
    expect([String(message), from.address, from.port]).toEqual(['re: hi', '10.53.57.2', 53])
  })

  test('gets ECONNREFUSED where nobody listens, and nothing of the real machine', async () => {
    const socket = net.connect(22, '127.0.0.1')
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNREFUSED')
    const far = net.connect(80, '192.0.2.1')
    const [unreachable] = (await once(far, 'error')) as [NodeJS.ErrnoException]
    expect(unreachable.code).toMatch(/^E(NETUNREACH|HOSTUNREACH|ADDRNOTAVAIL)$/)
  })

  test('takes the programs that it starts by child_process with it', async () => {
    const { execFile, execFileSync, execSync, spawnSync } = await import('node:child_process')
    await listening(
      net.createServer((socket) => socket.end('from the test')),
      80,
    )
    const script = "require('net').connect(80, 'localhost').pipe(process.stdout)"
    const asynchronous = await promisify(execFile)(process.execPath, ['-e', script])
    expect(asynchronous.stdout).toBe('from the test')
    const ask = 'echo $SOCKET_WRAPPER_DIR'
    const answers = [
      execFileSync('sh', ['-c', ask], { encoding: 'utf8' }),
      execSync(ask, { encoding: 'utf8' }),
      spawnSync('sh', ['-c', ask], { encoding: 'utf8' }).stdout,
      spawnSync(ask, { encoding: 'utf8', shell: true }).stdout,
    ]
    expect(new Set(answers).size).toBe(1)
    expect(answers[0]).toMatch(/\/vsw-.*\n/)
  })
})

describe('what is left open', () => {
  const idle: { server?: net.Server; socket?: dgram.Socket; agent: http.Agent } = {
    agent: new http.Agent({ keepAlive: true }),
  }
  const get = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const request = http.get('http://localhost/', { agent: idle.agent }, (response) => {
        let text = ''
        response.on('data', (chunk) => (text += chunk)).on('end', () => resolve(text))
      })
      request.once('error', reject)
    })

  test('a server, a datagram socket, connections that stay alive', async () => {
    idle.server = await listening(
      http.createServer((_, response) => response.end('one')),
      80,
    )
    idle.socket = dgram.createSocket('udp4')
    idle.socket.bind(53)
    await once(idle.socket, 'listening')
    expect(await get()).toBe('one')
    expect(await (await fetch('http://localhost/')).text()).toBe('one')
  })

  test('does not reach the next test', async () => {
    expect(idle.server?.listening).toBe(false)
    await listening(
      http.createServer((_, response) => response.end('two')),
      80,
    )
    expect(await get()).toBe('two')
    expect(await (await fetch('http://localhost/')).text()).toBe('two')
    expect(Object.keys(idle.agent.freeSockets).concat(Object.keys(idle.agent.sockets))).toHaveLength(1)
    // A handle that still polled a socket which is shut down would spin.
    expect(() => idle.socket?.address()).toThrow('Not running')
  })
})

describe('sockets', () => {
  test('every socket is there with its info and its holders', async ({ network }) => {
    const web = network.host('web')
    const server = await web.spawn('node', ['-e', "require('net').createServer().listen(80)"])
    const client = net.connect(80, 'web')
    await once(client, 'connect')
    const listener = network.sockets.find(({ info }) => info.state === 'listening')
    expect(listener).toMatchObject({ info: { host: 2, local: { port: 80 } }, holders: [{ pid: server.pid }] })
    expect(listener).toBeListeningOn(80)
    expect(listener?.history.map(({ op }) => op)).toEqual(['bind', 'listen'])
    const own = network.sockets.find(({ info }) => info.peer?.port === 80)
    expect(own).toBeConnectedTo({ host: 'web', port: 80 })
    expect(own?.holders).toEqual([{ pid: process.pid, fd: expect.any(Number), program: expect.any(String) }])
    expect(client).toBeConnectedTo(80)
    client.destroy()
    await once(client, 'close')
    expect(network.sockets.some(({ info }) => info.cookie === own?.info.cookie)).toBe(false)
  })

  test(
    'of a process that was killed there are none; one that is on its way has no holder',
    { meta: { socketWrapperRules: { L1: 'off' } } },
    async ({ network }) => {
      const server = await network.spawn('node', ['-e', "require('net').createServer().listen(80)"])
      server.signal('SIGKILL')
      await server.exited
      expect(network.sockets).toEqual([])
      const script = `
import socket, sys
near, far = socket.socketpair()
listener = socket.create_server(('127.0.0.1', 81))
socket.send_fds(near, [b'x'], [listener.fileno()])
listener.close()
print('sent', flush=True)
sys.stdin.read()`
      await network.spawn('/usr/bin/python3', ['-c', script], { ready: /sent/ })
      expect(network.sockets).toMatchObject([{ info: { state: 'listening', local: { port: 81 } }, holders: [] }])
    },
  )

  test('the directory is private and short', ({ network }) => {
    expect(statSync(network.dir).mode & 0o777).toBe(0o700)
    expect(Buffer.byteLength(network.dir)).toBeLessThan(95)
  })
})

const passServer = `
const net = require('net')
if (process.argv[2] === 'child') {
  process.on('message', (m, socket) => socket.end('child ' + JSON.stringify(socket.address().port)))
} else {
  const child = require('child_process').fork(__filename, ['child'])
  net.createServer({ pauseOnConnect: true }, (socket) => child.send('take', socket)).listen(80)
}`

async function talk(port: number, host: string): Promise<string> {
  let text = ''
  for await (const chunk of net.connect(port, host)) text += String(chunk)
  return text
}

async function writeModule(network: Network): Promise<string> {
  const { writeFile } = await import('node:fs/promises')
  await writeFile(`${network.dir}/pass.cjs`, passServer)
  return `${network.dir}/pass.cjs`
}

describe('passes', () => {
  test('nextPass gives each pass once, when it is received', async ({ network }) => {
    const master = await network.host('web').fork(await writeModule(network))
    const waiting = network.nextPass({ from: master })
    expect(await talk(80, 'web')).toBe('child 80')
    const first = await waiting
    expect(first).toRecreateSocketInfo()
    expect(first.received).toHaveSocketInfo({ type: 'stream', local: { port: 80 }, state: 'connected' })
    expect(await talk(80, 'web')).toBe('child 80')
    const second = await network.nextPass({ from: master.pid, to: (pid) => pid === first.to?.pid })
    expect(second.number).toBe(first.number + 1)
    expect(network.passes).toEqual([first, second])
  })

  test('without one, it says what it has seen', async ({ network }) => {
    const nothing = await network.nextPass({ timeoutMs: 1 }).catch((reason: Error) => reason)
    expect(String(nothing)).toContain('No pass was received within 1 ms. The network has seen no pass at all.')
    const master = await network.host('web').fork(await writeModule(network))
    await talk(80, 'web')
    await network.nextPass()
    const error = await network.nextPass({ to: master, timeoutMs: 1 }).catch((reason: Error) => reason)
    expect(error).toMatchObject({ name: 'SocketWrapperError', code: 'PASS_TIMEOUT' })
    expect(String(error)).toMatch(
      /No pass to ".* pass\.cjs" \(pid \d+\) was received within 1 ms\. Passes .* so far:\n {2}- socket #/,
    )
    expect(error instanceof Error ? error.stack : '').toMatch(/network\.test\.ts/)
  })
})

describe('channel', () => {
  const python = `
import socket
channel = socket.socket(fileno=3)
words, fds, _, _ = socket.recv_fds(channel, 100, 4)
taken = socket.socket(fileno=fds[0])
taken.sendall(b'python has port %d' % taken.getsockname()[1])
taken.close()
listener = socket.socket()
listener.bind(('127.0.0.1', 8080))
listener.listen()
udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
udp.bind(('::1', 53))
socket.send_fds(channel, [b'take these'], [listener.fileno(), udp.fileno(), 1])
channel.recv(1)
`

  test.for(['stream', 'seqpacket', 'datagram'] as const)(
    'of type %s carries sockets both ways',
    async (type, { network }) => {
      const channel = network.channel({ type })
      const program = await network.spawn('/usr/bin/python3', ['-c', python], {
        stdio: ['pipe', 'pipe', 'pipe', channel],
        ready: 'spawned',
      })
      expect(channel.remote).toBe(-1)
      const server = await listening(net.createServer(), 80, '127.0.0.1')
      const client = net.connect(80, '127.0.0.1')
      const [accepted] = (await once(server, 'connection')) as [net.Socket]
      await channel.send([accepted], 'words')
      accepted.destroy()
      let text = ''
      for await (const chunk of client) text += String(chunk)
      expect(text).toBe('python has port 80')

      const message = await channel.receive()
      expect(String(message.bytes)).toBe('take these')
      expect(message.isTruncated).toBe(false)
      const [listener, udp, pipe] = message.descriptors
      expect(listener?.info).toHaveSocketInfo({ state: 'listening', local: { address: '127.0.0.1', port: 8080 } })
      expect(udp?.info).toHaveSocketInfo({ type: 'datagram', family: 'IPv6', local: { address: '::1', port: 53 } })
      expect(pipe?.info).toBeNull()
      expect(() => pipe?.asNetSocket()).toThrow(/can't be used as a net\.Socket: it is no socket of a network/)
      expect(() => udp?.asNetSocket()).toThrow(/it is a datagram socket/)

      await listener?.asServer((socket) => socket.end('the test serves it'))
      expect(await talk(8080, 'localhost')).toBe('the test serves it')
      const received = await udp?.asDatagramSocket()
      const sender = dgram.createSocket('udp6')
      sender.send('datagram', 53, '::1')
      expect(String((await once(received as dgram.Socket, 'message'))[0])).toBe('datagram')
      await channel.send([], 'x')
      expect(await program.exited).toEqual({ code: 0, signal: null })
      for (const pass of network.passes.filter(({ socket }) => socket !== undefined))
        expect(pass).toRecreateSocketInfo()
      pipe?.close()
    },
  )

  test('connects to a path, and listens on one', async ({ network }) => {
    const path = `${network.dir}/own.sock`
    const listener = network.listen(path, { type: 'seqpacket' })
    const client = network.channel({ connect: path, type: 'seqpacket' })
    const peer = await listener.accept()
    const server = await listening(net.createServer(), 80)
    await client.send([server], 'here')
    const message = await peer.receive()
    expect(message.descriptors[0]?.info).toHaveSocketInfo({ state: 'listening', local: { port: 80 } })
    message.descriptors[0]?.close()
    client.close()
    expect(await peer.receive()).toMatchObject({ bytes: Buffer.alloc(0), descriptors: [] })
    peer.close()
    await expect(peer.receive()).rejects.toThrow('receive: the channel is closed.')
    await expect(client.send([])).rejects.toThrow('send: the channel is closed.')
  })

  test('sends nothing but descriptors', async ({ network }) => {
    const channel = network.channel()
    const closed = new net.Socket()
    await expect(channel.send([closed])).rejects.toThrow(/A channel sends .* got a Socket without a descriptor\./)
    await expect(channel.send([-1])).rejects.toThrow('got -1.')
    await expect(channel.send(['x' as unknown as number])).rejects.toThrow('got "x".')
  })

  test('says that it is closed, also to who waits already', async ({ network }) => {
    const channel = network.channel()
    const waiting = channel.receive()
    channel.close()
    await expect(waiting).rejects.toThrow('receive: the channel is closed.')
    await expect(channel.send([], 'late')).rejects.toThrow('send: the channel is closed.')
    const listener = network.listen(`${network.dir}/listener`)
    const accepting = listener.accept()
    listener.close()
    await expect(accepting).rejects.toThrow('accept: the channel is closed.')
  })

  test('the end of a test disturbs nobody who still waits', ({ network }) => {
    void network.channel().receive()
    void network.listen(`${network.dir}/listener`).accept()
    void network.nextPass()
  })
})

describe('limits', () => {
  test('the 65th host is an error that names the others', ({ network }) => {
    for (let number = 2; number <= 64; number++) network.host(`host-${number}`)
    expect(() => network.host('one-more')).toThrow(/^Host "one-more" finds no number: a network has at most 64 hosts/)
    expect(readFileSync(`${network.dir}/arena`).includes('host-64')).toBe(true)
  })
})

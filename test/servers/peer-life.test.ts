import { describe, expect, test } from 'vitest'

import { compileProgram, run, start, withDirectory } from '../helpers.ts'
import { environmentOf, type Side } from './sides.ts'

type Talker = {
  /** Tells it one line and returns its answer. */
  do(line: string): Promise<string>
  /** `stderr`: what its library said. */
  end(stderr?: string | RegExp): Promise<void>
}

async function startTalker(side: Side, directory: string, host = 1): Promise<Talker> {
  const command = await compileProgram('under/talker')
  const env = environmentOf(side, directory, { SOCKET_WRAPPER_DEFAULT_IFACE: String(host) })
  const program = start({ command, env })
  let number = 0
  let hasEnded = false
  return {
    async do(line) {
      const prefix = `${++number}: `
      program.write(`${line}\n`)
      return (await program.waitFor(new RegExp(`^${prefix}.*$`, 'm'))).slice(prefix.length)
    },
    async end(stderr = /^$/) {
      if (hasEnded) return
      hasEnded = true
      expect((await program.stop()).stderr).toMatch(stderr)
    },
  }
}

/** A server and a client in one directory, until the body is through. */
async function talk(
  [server, client]: readonly [server: Side, client: Side],
  body: (server: Talker, client: Talker, directory: string) => Promise<void>,
): Promise<void> {
  await withDirectory(async (directory) => {
    const talkers = await Promise.all([startTalker(server, directory), startTalker(client, directory)])
    await body(talkers[0], talkers[1], directory)
    await Promise.all(talkers.map((talker) => talker.end()))
  })
}

/** Does the lines one after the other and returns what was answered. */
async function all(talker: Talker, ...lines: readonly string[]): Promise<readonly string[]> {
  const answers: string[] = []
  for (const line of lines) answers.push(await talker.do(line))
  return answers
}

const mixed = [
  ['ours', 'reference'],
  ['reference', 'ours'],
] as const
const families = [
  ['4', '0.0.0.0', '127.0.0.1'],
  ['6', '::', 'fd00::5357:5f01'],
] as const

describe.each(mixed)('server under %s, client under %s', (server, client) => {
  const sides = [server, client] as const

  describe.each(families)('IPv%s', (family, any, own) => {
    /* A name does not tell ::1 from the address of its own host, and the reference has no ::1: on `::` ours takes it for the loopback. */
    const seen = server === 'ours' && family === '6' ? '::1' : own
    test('a TCP server on the unspecified address and any port, until both ends have closed', async () => {
      await talk(sides, async (serving, asking) => {
        expect(await all(serving, `socket l tcp ${family}`, `bind l ${any} 0`, 'listen l')).toEqual(['0', '0', '0'])
        const port = await serving.do('port l')
        expect(Number(port)).toBeGreaterThan(1023)
        expect(await all(asking, `socket c tcp ${family}`, `connect c ${own} ${port}`)).toEqual(['0', '0'])
        expect(await all(serving, 'accept l a', 'name a', 'peer a')).toEqual([`${seen} *`, `${seen} *`, `${seen} *`])
        expect(await all(asking, 'name c', 'peer c', 'send c hello')).toEqual([`${own} *`, `${own} *`, '5'])
        expect(await all(serving, 'receive a', 'send a world', 'end a')).toEqual(['"hello" from nobody', '5', '0'])
        expect(await all(asking, 'receive c', 'receive c', 'send c more')).toEqual([
          '"world" from nobody',
          'the end',
          '4',
        ])
        expect(await all(asking, 'close c')).toEqual(['0'])
        expect(await all(serving, 'receive a', 'receive a')).toEqual(['"more" from nobody', 'the end'])
      })
    })

    test('a TCP server that ends and comes back, with the same client', async () => {
      await talk(sides, async (serving, asking, directory) => {
        const listen = [`socket l tcp ${family}`, 'reuse l', `bind l ${own} 80`, 'listen l']
        const connect = [`socket c tcp ${family}`, `connect c ${own} 80`]
        expect(await all(serving, ...listen)).toEqual(['0', '0', '0', '0'])
        expect(await all(asking, ...connect, 'send c one')).toEqual(['0', '0', '3'])
        expect(await all(serving, 'accept l a', 'receive a', 'close a', 'close l')).toEqual([
          ...[`${own} *`, '"one" from nobody', '0', '0'],
        ])
        expect(await all(asking, 'receive c', 'close c')).toEqual(['the end', '0'])
        expect(await all(asking, ...connect)).toEqual(['0', expect.stringMatching(/^(ECONNREFUSED|EHOSTUNREACH)$/)])
        expect(await all(serving, ...listen)).toEqual(['0', '0', '0', '0'])
        expect(await all(asking, 'close c', ...connect, 'send c two')).toEqual(['0', '0', '0', '3'])
        expect(await all(serving, 'accept l a', 'receive a')).toEqual([`${own} *`, '"two" from nobody'])
        /* And another process takes the address over once this one is gone. */
        await serving.end()
        const next = await startTalker(server, directory)
        expect(await all(next, ...listen)).toEqual(['0', '0', '0', '0'])
        expect(await all(asking, 'close c', ...connect, 'send c three')).toEqual(['0', '0', '0', '5'])
        expect(await all(next, 'accept l a', 'receive a')).toEqual([`${own} *`, '"three" from nobody'])
        await next.end()
      })
    })

    test('datagrams there and back, connected and not', async () => {
      await talk(sides, async (serving, asking) => {
        expect(await all(serving, `socket s udp ${family}`, `bind s ${any} 53`)).toEqual(['0', '0'])
        expect(await all(asking, `socket c udp ${family}`, `sendto c ${own} 53 one`)).toEqual(['0', '3'])
        expect(await serving.do('receive s')).toBe(`"one" from ${seen} *`)
        const port = await asking.do('port c')
        expect(await serving.do(`sendto s ${seen} ${port} two`)).toBe('3')
        expect(await asking.do('receive c')).toBe(`"two" from ${own} 53`)
        expect(await all(asking, `connect c ${own} 53`, 'peer c', 'send c three')).toEqual(['0', `${own} 53`, '5'])
        expect(await all(serving, 'receive s', `connect s ${own} ${port}`, 'send s four')).toEqual([
          ...[`"three" from ${seen} *`, '0', '4'],
        ])
        expect(await asking.do('receive c')).toBe(`"four" from ${own} 53`)
      })
    })

    test('a UDP server that comes back is heard of after a new connect', async () => {
      await talk(sides, async (serving, asking) => {
        const bind = [`socket s udp ${family}`, `bind s ${own} 53`]
        expect(await all(serving, ...bind)).toEqual(['0', '0'])
        expect(await all(asking, `socket c udp ${family}`, `connect c ${own} 53`, 'send c one')).toEqual([
          '0',
          '0',
          '3',
        ])
        expect(await all(serving, 'receive s', 'close s', ...bind)).toEqual([`"one" from ${own} *`, '0', '0', '0'])
        /* Ours finds the new one by itself, as UDP does; the reference needs a connect. */
        if (client === 'reference') await all(asking, 'close c', `socket c udp ${family}`, `connect c ${own} 53`)
        expect(await asking.do('send c two')).toBe('3')
        expect(await serving.do('receive s')).toBe(`"two" from ${own} *`)
      })
    })
  })

  test('an IPv6 server of ours on `::` answers IPv4, one of the reference does not', async () => {
    await talk(sides, async (serving, asking) => {
      expect(await all(serving, 'socket l tcp 6', 'bind l :: 80', 'listen l')).toEqual(['0', '0', '0'])
      const connected = await all(asking, 'socket c tcp 4', 'connect c 127.0.0.1 80')
      expect(connected).toEqual(['0', server === 'ours' ? '0' : 'ECONNREFUSED'])
      if (server === 'ours') expect(await serving.do('accept l a')).toBe('::ffff:127.0.0.1 *')
    })
  })

  test('a broadcast reaches both kinds on all hosts', async () => {
    await withDirectory(async (directory) => {
      const receivers = await Promise.all([
        startTalker(server, directory, 1),
        startTalker(client, directory, 2),
        startTalker(server, directory, 3),
      ])
      for (const receiver of receivers)
        expect(await all(receiver, 'socket s udp 4', 'bind s 0.0.0.0 137')).toEqual(['0', '0'])
      const sender = await startTalker(client, directory, 4)
      expect(await all(sender, 'socket c udp 4', 'broadcast c', 'sendto c 127.255.255.255 137 all')).toEqual([
        ...['0', '0', '3'],
      ])
      for (const receiver of receivers) expect(await receiver.do('receive s')).toBe('"all" from 127.0.0.4 *')
      for (const talker of [...receivers, sender]) await talker.end()
    })
  })
})

describe('passing', () => {
  /** A sender that has a TCP listener, a connection to it and a UDP socket, and a receiver, joined by a unix socket. */
  const join = async (sender: Talker, receiver: Talker, directory: string): Promise<void> => {
    expect(await all(sender, `serve u ${directory}/carrier`)).toEqual(['0'])
    expect(await all(receiver, `join v ${directory}/carrier`)).toEqual(['0'])
    expect(await all(sender, 'meet u w')).toEqual(['0'])
    const made = [
      ...['socket l tcp 4', 'bind l 127.0.0.1 80', 'listen l', 'socket c tcp 4', 'connect c 127.0.0.1 80'],
      ...['socket d udp 4', 'bind d 127.0.0.1 53'],
    ]
    expect(new Set(await all(sender, ...made))).toEqual(new Set(['0']))
    expect(await all(sender, 'accept l a')).toEqual(['127.0.0.1 *'])
  }

  test('from the reference to ours: the receiver has what it would natively have', async () => {
    await talk(['reference', 'ours'], async (sender, receiver, directory) => {
      await join(sender, receiver, directory)
      expect(await sender.do('give w a l d')).toBe('1')
      expect(await receiver.do('take v a l d')).toBe('3 descriptors')
      expect(await all(receiver, 'name a', 'name l', 'name d')).toEqual([
        ...['127.0.0.1 80', '127.0.0.1 80', '127.0.0.1 53'],
      ])
      expect(await all(receiver, 'peer a', 'send a hello')).toEqual(['127.0.0.1 *', '5'])
      expect(await sender.do('receive c')).toBe('"hello" from nobody')
      expect(await all(sender, 'close a', 'close l', 'close d')).toEqual(['0', '0', '0'])
      expect(await all(sender, 'socket n tcp 4', 'connect n 127.0.0.1 80')).toEqual(['0', '0'])
      expect(await all(receiver, 'accept l b', 'peer b')).toEqual(['127.0.0.1 *', '127.0.0.1 *'])
      expect(await all(sender, 'socket e udp 4', 'sendto e 127.0.0.1 53 x')).toEqual(['0', '1'])
      expect(await receiver.do('receive d')).toBe('"x" from 127.0.0.1 *')
    })
  })

  /* Its receiver wants a record of its own version as the last descriptor, whoever sends: the message is lost, as from any other version. */
  test('from ours to the reference: the receiver hears EINVAL, and the sender keeps what it has', async () => {
    await talk(['ours', 'reference'], async (sender, receiver, directory) => {
      await join(sender, receiver, directory)
      expect(await sender.do('give w a')).toBe('1')
      expect(await receiver.do('take v a')).toBe('EINVAL')
      expect(await all(sender, 'name a', 'send c hello', 'receive a')).toEqual([
        ...['127.0.0.1 80', '5', '"hello" from nobody'],
      ])
      await receiver.end(/^SWRAP_ERROR.* swrap_recvmsg_unix_scm_rights: .*\n$/)
    })
  })
})

test('the public functions do what those of the reference do', async () => {
  await withDirectory(async (directory) => {
    const command = await compileProgram('under/public_functions')
    for (const DIR of [directory, '']) {
      const [ours, reference] = await Promise.all(
        (['ours', 'reference'] as const).map((side) =>
          run({ command, env: environmentOf(side, directory, { SOCKET_WRAPPER_DIR: DIR }) }),
        ),
      )
      expect(reference).toMatchObject({ status: 'exit 0', stderr: '' })
      expect(ours).toEqual(reference)
    }
  })
})

import { expect, test } from 'vitest'

import { runProgram } from '../helpers.ts'

const links = ['  link 1: lo, up 1, loopback 1', '  link 2: eth0, up 1, loopback 0']

test('rtnetlink tells of the interfaces of the host', async () => {
  const { lines, status, log } = await runProgram('under/links', 'network')
  expect(lines).toEqual([
    'nothing there: EAGAIN',
    'links',
    'asked: 1',
    'poll: IN ',
    'a peek tells a size: 1, again the same: 1',
    ...links,
    '  done',
    'nothing is left: EAGAIN',
    'addresses, IPv4, by sendto',
    '  address of 1: 127.0.0.1/8, scope 254',
    '  address of 2: 10.53.57.1/8, scope 0',
    '  done',
    'addresses of both families, by sendmsg in two parts',
    '  address of 1: 127.0.0.1/8, scope 254',
    '  address of 1: ::1/128, scope 254',
    '  address of 2: 10.53.57.1/8, scope 0',
    '  address of 2: fd00::5357:5f01/64, scope 0',
    '  done',
    'routes, by write',
    '  a route of 8 bits',
    '  a route of 64 bits',
    '  done',
    'one link',
    '  link 2: eth0, up 1, loopback 0',
    '  ENODEV',
    'a change',
    '  EPERM',
    'on a copy, in a child',
    'asked: 1',
    ...links,
    '  done',
    'child: 0',
    'asked: 1',
    'into 40 bytes: 40',
    'asked: 1',
    'recvmsg into 40 bytes: 40',
    'truncated 1',
    'SIOCGIFNAME of another number: ENODEV',
    'the number again: 1',
    'it is a socket of its own: ENOTCONN',
    'end',
  ])
  expect({ status, log }).toEqual({ status: 'exit 0', log: '' })
})

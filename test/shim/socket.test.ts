import { expect, test } from 'vitest'

import { runProgram } from '../helpers.ts'
import { sameAsKernel } from './same.ts'

sameAsKernel('socket_types', 'socket_flags', 'mptcp')

const refused = [
  'inet raw, ICMP: EPERM',
  'inet raw, protocol 0: EPROTONOSUPPORT',
  'inet datagram, ICMP: EACCES',
  'inet6 datagram, ICMPv6: EACCES',
  'inet stream, SCTP: EPROTONOSUPPORT',
  'inet seqpacket, SCTP: ESOCKTNOSUPPORT',
  'inet datagram, UDP-Lite: EPROTONOSUPPORT',
  'inet reliable datagram: ESOCKTNOSUPPORT',
  'inet DCCP: ESOCKTNOSUPPORT',
  'inet SOCK_PACKET: EPERM',
  'inet6 SOCK_PACKET: EINVAL',
  'SMC: EAFNOSUPPORT',
  'VSOCK: EAFNOSUPPORT',
  'XDP: EAFNOSUPPORT',
]

test('other kinds of sockets are refused, as on a machine without them', async () => {
  const { lines, status } = await runProgram('under/kinds', 'network')
  expect(lines).toEqual([...refused, 'packet: EPERM', 'unix: a descriptor', 'netlink: a descriptor', 'end'])
  expect(status).toBe('exit 0')
})

test('a plain wrapper passes AF_PACKET on, as the reference does', async () => {
  const { lines } = await runProgram('under/kinds', 'bare')
  const onMachine = await runProgram('under/kinds', 'kernel')
  const packet = onMachine.lines.find((line) => line.startsWith('packet:'))
  expect(lines).toEqual([...refused, packet, 'unix: a descriptor', 'netlink: a descriptor', 'end'])
})

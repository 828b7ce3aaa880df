// Sockets and passes as one line each.
import { compareRecreation, differingFields, type Recreation } from '../analysis/recreation.ts'
import { type Names, namesKey, plainNames } from '../journal/names.ts'
import type { Holder, PassView, SocketStory } from '../journal/views.ts'
import type { SocketAddress, SocketInfo } from '../wire/info.ts'

/** `10.53.57.2:80`, `[fd00::5357:5f02]:80`. */
export function formatAddress(address: SocketAddress | null): string {
  if (address === null) return 'none'
  return address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`
}

/** `web:80`: the name of the host that has the address; an address of no host stays as it is. */
function formatEndpoint(address: SocketAddress, ownHost: number, names: Names): string {
  const number = hostOf(address.address, ownHost)
  return number === undefined ? formatAddress(address) : `${names.host(number)}:${address.port}`
}

/** `web:80 ← test:49152` for an accepted connection, `test:49152 → web:80` for one that was made, `web:80 listening`, `udp web:53`. */
export function formatEnds(info: SocketInfo, names: Names): string {
  const kind = info.type === 'datagram' ? 'udp ' : ''
  const local = info.local === null ? `${names.host(info.host)} unbound` : formatEndpoint(info.local, info.host, names)
  if (info.peer === null) return `${kind}${local}${info.state === 'listening' ? ' listening' : ''}`
  const arrow = info.flags.includes('accepted') ? '←' : '→'
  return `${kind}${local} ${arrow} ${formatEndpoint(info.peer, info.host, names)}`
}

/** `socket #7 web:80 ← test:49152`. */
export function formatSocket(view: SocketStory, names: Names = namesOf(view), info: SocketInfo = view.info): string {
  return `socket #${view.number} ${formatEnds(info, names)}`
}

/** `master[4711] fd 12`. */
export function formatHolder({ pid, fd }: Holder, names: Names): string {
  const process = pid === 0 ? 'a process without the shim' : `${names.process(pid)}[${pid}]`
  return fd < 0 ? process : `${process} fd ${fd}`
}

/** `info equal`, `info differs: peer, state`, `info unknown: …`. */
export function formatRecreation(recreation: Recreation): string {
  if (recreation.kind === 'equal') return 'info equal'
  if (recreation.kind === 'unknown') return `info unknown: ${recreation.reason}`
  return `info differs: ${differingFields(recreation).join(', ')}`
}

/** `socket #7 web:80 ← test:49152  master[4711] fd 12 → worker[4712] fd 9  info equal`. */
export function formatPass(pass: PassView, names: Names = namesOf(pass)): string {
  const socket = formatSocket(pass.socket, names, pass.from.info ?? pass.received ?? pass.socket.info)
  const hop = `${formatHolder(pass.from, names)} → ${pass.to === null ? 'in flight' : formatHolder(pass.to, names)}`
  return pass.to === null ? `${socket}  ${hop}` : `${socket}  ${hop}  ${formatRecreation(compareRecreation(pass))}`
}

/** The names that a view of a network carries; plain ones for others. */
export function namesOf(view: { readonly [namesKey]?: Names }): Names {
  return view[namesKey] ?? plainNames
}

/** The interface number of an address. Interface n has 10.53.57.n, fd00::5357:5fnn (n in hex), and a loopback of its own; the unspecified address is all of them. */
export function hostOf(text: string, ownHost: number): number | undefined {
  const address = text.replace(/^::ffff:(?=\d+\.)/, '')
  if (/^127\./.test(address) || ['::1', '0.0.0.0', '::'].includes(address)) return ownHost
  const number = /^10\.53\.57\.(\d+)$/.exec(address)?.[1] ?? hexHost(address)
  return number === undefined || Number(number) < 1 || Number(number) > 64 ? undefined : Number(number)
}

function hexHost(address: string): number | undefined {
  const digits = /^fd00::5357:5f([0-9a-f]{2})$/.exec(address)?.[1]
  return digits === undefined ? undefined : Number.parseInt(digits, 16)
}

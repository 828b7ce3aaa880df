// What a matcher was given: a pass, a socket of a network, an info, or something whose info can be looked up.
import { SocketWrapperError } from '../errors.ts'
import { type Named, type Names, namesKey, plainNames } from '../journal/names.ts'
import type { Holder, PassView, SocketStory } from '../journal/views.ts'
import type { SocketInfo } from '../wire/info.ts'

export type Subject = {
  /** For the first lines of a message: `the received socket of the pass`. */
  what: string
  /** null: it has none, for the reason in `what`. */
  info: SocketInfo | null
  /** Whose history the message tells. */
  socket: SocketStory | null
  names: Names
}

/** The info of an object of Node's or of another library, and the socket that it belongs to; undefined when it has none. */
export type Lookup = (value: unknown) => { info: SocketInfo; socket: SocketStory | null; names: Names } | undefined

/** @throws SocketWrapperError `MATCHER_SUBJECT` for anything else: that is a mistake, also with `.not`. */
export function subjectOf(value: unknown, matcher: string, lookup: Lookup): Subject {
  if (isPass(value)) {
    const names = value[namesKey] ?? plainNames
    const what = value.received === null ? 'the pass, which is still in flight' : 'the socket that was received'
    return { what, info: value.received, socket: value.socket, names }
  }
  if (isInfo(value)) return { what: 'the info', info: value, socket: null, names: plainNames }
  if (isObject(value) && isInfo(value['info'])) {
    const socket = isSocket(value) ? value : null
    return { what: 'the socket', info: value['info'], socket, names: namesIn(value) ?? plainNames }
  }
  const found = lookup(value)
  if (found !== undefined) return { what: 'the socket', ...found }
  throw wrongSubject(
    matcher,
    'a socket of a network, a pass, an info, or a net.Socket, net.Server or dgram.Socket that is open',
    value,
  )
}

export function wrongSubject(matcher: string, wanted: string, value: unknown): SocketWrapperError {
  return new SocketWrapperError('MATCHER_SUBJECT', { matcher, wanted, value: describe(value) })
}

// By their shape and not by their class: a linked package is loaded twice.
export function isPass(value: unknown): value is PassView {
  return (
    isObject(value) &&
    'messageId' in value &&
    Array.isArray(value['receipts']) &&
    isObject(value['from']) &&
    isSocket(value['socket'])
  )
}

function isSocket(value: unknown): value is SocketStory {
  return (
    isObject(value) && isInfo(value['info']) && typeof value['number'] === 'number' && Array.isArray(value['history'])
  )
}

/** Of a pass: of its socket. What the kernel or the journal says of a view; none of an info alone. */
export function holdersOf(value: unknown, { socket }: Subject): readonly Holder[] {
  const sources: readonly unknown[] = [isPass(value) ? value.socket : value, socket]
  const lists = sources.map((source) => (isObject(source) ? source['holders'] : undefined))
  const [list = []] = lists.filter((holders) => Array.isArray(holders))
  return list.filter(isHolder)
}

function isHolder(value: unknown): value is Holder {
  return isObject(value) && typeof value['pid'] === 'number' && typeof value['fd'] === 'number'
}

function isInfo(value: unknown): value is SocketInfo {
  return (
    isObject(value) &&
    ['family', 'type', 'protocol', 'local', 'peer', 'state', 'options', 'host'].every((key) => key in value)
  )
}

function namesIn(value: Named): Names | undefined {
  return value[namesKey]
}

function isObject(value: unknown): value is Record<string, unknown> & Named {
  return typeof value === 'object' && value !== null
}

function describe(value: unknown): string {
  if (isObject(value))
    return value.constructor === Object
      ? `an object with the keys ${Object.keys(value).join(', ') || 'none'}`
      : `a ${value.constructor?.name ?? 'object'}`
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

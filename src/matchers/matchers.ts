// The matchers: what each compares, in one table.
import { compareRecreation } from '../analysis/recreation.ts'
import { formatDifferences } from '../report/difference.ts'
import { formatHolder, formatRecreation } from '../report/text.ts'
import { type OptionName, optionTable } from '../wire/layout.gen.ts'
import type { SocketAddress, SocketInfo } from '../wire/info.ts'
import { type Endpoint, formatFound, formatWanted, isEndpoint, matchesEndpoint } from './endpoint.ts'
import { judgeFindings } from './findings.ts'
import { type MatcherContext, type MatcherResult, result, type Verdict } from './message.ts'
import { judgeConsumed, judgeOwned, judgeShared, pidOf, type ProcessLike } from './owners.ts'
import { holdersOf, isPass, type Lookup, type Subject, subjectOf, wrongSubject } from './subject.ts'

/** Some fields of an info; a nested object needs only some of its own. Asymmetric matchers fit anywhere. */
export type SocketInfoPattern = {
  [Field in keyof SocketInfo]?: SocketInfo[Field] extends SocketAddress | null
    ? Partial<SocketAddress> | null
    : SocketInfo[Field]
}

type Matcher = (this: MatcherContext, received: unknown, ...expected: never[]) => MatcherResult

/** @param lookup - finds the info of objects that are not of this package. */
export function createMatchers(lookup: Lookup) {
  function judgeHolders(
    context: MatcherContext,
    matcher: string,
    received: unknown,
    processes: readonly unknown[],
    judge: typeof judgeOwned,
  ): MatcherResult {
    const pids = processes.map((process) => pidOf(matcher, process))
    const subject = subjectOf(received, matcher, lookup)
    const verdict = judge({ subject, holders: holdersOf(received, subject), isNot: context.isNot }, pids)
    return result(context, { matcher, received: 'socket', argument: 'process' }, subject, verdict)
  }

  return {
    toRecreateSocketInfo(received: unknown) {
      if (!isPass(received))
        throw wrongSubject('toRecreateSocketInfo', 'a pass, as `network.nextPass()` gives it', received)
      const subject = subjectOf(received, 'toRecreateSocketInfo', lookup)
      const recreation = compareRecreation(received)
      const sender = formatHolder(received.from, subject.names)
      const receiver = received.to === null ? 'its receiver' : formatHolder(received.to, subject.names)
      return result(this, { matcher: 'toRecreateSocketInfo', received: 'pass', argument: '' }, subject, {
        pass: recreation.kind === 'equal',
        expected: `the same socket info in ${receiver} as in ${sender}`,
        received: formatRecreation(recreation),
        ...(recreation.kind === 'differs' && {
          detail: formatDifferences(recreation.differences, received).join('\n'),
        }),
      })
    },

    toHaveSocketInfo(received: unknown, pattern: SocketInfoPattern) {
      requirePattern(pattern)
      const subject = subjectOf(received, 'toHaveSocketInfo', lookup)
      const { subsetEquality, iterableEquality, diff } = this.utils
      const found = subject.info === null ? null : withStandardOptions(subject.info, pattern)
      const pass = found !== null && this.equals(found, pattern, [iterableEquality, subsetEquality])
      const text = diff(pattern, subsetOf(found, pattern))
      return result(this, { matcher: 'toHaveSocketInfo', received: 'socket', argument: 'info' }, subject, {
        pass,
        expected: `${subject.what} to have ${Object.keys(pattern).join(', ')}`,
        received: found === null ? 'no info' : pass ? 'an info that has them' : 'an info with differences',
        ...(!pass && text !== undefined && { detail: text }),
      })
    },

    toBeListeningOn(received: unknown, endpoint: Endpoint) {
      requireEndpoint('toBeListeningOn', endpoint)
      const subject = subjectOf(received, 'toBeListeningOn', lookup)
      return result(
        this,
        { matcher: 'toBeListeningOn', received: 'socket', argument: 'endpoint' },
        subject,
        judgeListening(subject, endpoint),
      )
    },

    toBeConnectedTo(received: unknown, endpoint: Endpoint) {
      requireEndpoint('toBeConnectedTo', endpoint)
      const subject = subjectOf(received, 'toBeConnectedTo', lookup)
      return result(
        this,
        { matcher: 'toBeConnectedTo', received: 'socket', argument: 'endpoint' },
        subject,
        judgeConnected(subject, endpoint),
      )
    },

    toBeOwnedBy(received: unknown, process: ProcessLike) {
      return judgeHolders(this, 'toBeOwnedBy', received, [process], judgeOwned)
    },

    toBeConsumedOnlyBy(received: unknown, process: ProcessLike) {
      return judgeHolders(this, 'toBeConsumedOnlyBy', received, [process], judgeConsumed)
    },

    toBeSharedBy(received: unknown, ...processes: ProcessLike[]) {
      return judgeHolders(this, 'toBeSharedBy', received, processes, judgeShared)
    },

    toHaveBeenReceived(received: unknown) {
      if (!isPass(received)) throw wrongSubject('toHaveBeenReceived', 'a pass, as `network.passes` has it', received)
      const subject = subjectOf(received, 'toHaveBeenReceived', lookup)
      return result(this, { matcher: 'toHaveBeenReceived', received: 'pass', argument: '' }, subject, {
        pass: received.to !== null,
        expected: `the pass from ${formatHolder(received.from, subject.names)} to have been received`,
        received: received.to === null ? 'in flight' : `received by ${formatHolder(received.to, subject.names)}`,
      })
    },

    toHaveNoLeaks(received: unknown) {
      return judgeFindings(this, 'toHaveNoLeaks', received)
    },

    toHaveNoRaces(received: unknown) {
      return judgeFindings(this, 'toHaveNoRaces', received)
    },
  } satisfies Record<string, Matcher> & ThisType<MatcherContext>
}

const infoKeys: Record<keyof SocketInfo, true> = {
  family: true,
  type: true,
  protocol: true,
  local: true,
  peer: true,
  state: true,
  options: true,
  host: true,
  flags: true,
  pendingError: true,
  cookie: true,
  inode: true,
  version: true,
  bornPid: true,
}

/** A misspelled field would hold with `.not`, whatever the socket is. */
function requirePattern(pattern: unknown): void {
  const isPattern = isPlain(pattern) && Object.keys(pattern).every((key) => Object.hasOwn(infoKeys, key))
  if (!isPattern)
    throw wrongSubject('toHaveSocketInfo', `an object with some of ${Object.keys(infoKeys).join(', ')}`, pattern)
}

function requireEndpoint(matcher: string, endpoint: unknown): void {
  const wanted = 'a port from 0 to 65535, or an object with some of host, address, port, family'
  if (!isEndpoint(endpoint)) throw wrongSubject(matcher, wanted, endpoint)
}

/** A datagram socket that is bound takes what is sent to it, so it counts as listening. */
function judgeListening({ what, info, names }: Subject, endpoint: Endpoint): Verdict {
  const isOpen = info !== null && (info.state === 'listening' || (info.type === 'datagram' && info.state === 'bound'))
  const at = info?.local ? formatFound(info.local, info.host, names) : 'no address'
  return {
    pass: isOpen && info.local !== null && matchesEndpoint(info.local, info.host, endpoint, names),
    expected: `${what} to be listening on ${formatWanted(endpoint)}`,
    received: info === null ? 'no info' : `${isOpen ? 'listening on' : `${info.state}, at`} ${at}`,
  }
}

function judgeConnected({ what, info, names }: Subject, endpoint: Endpoint): Verdict {
  const peer = info?.peer ?? null
  return {
    pass: info?.state === 'connected' && peer !== null && matchesEndpoint(peer, info.host, endpoint, names),
    expected: `${what} to be connected to ${formatWanted(endpoint)}`,
    received:
      info === null
        ? 'no info'
        : peer === null
          ? `${info.state}, without a peer`
          : `${info.state}, peer ${formatFound(peer, info.host, names)}`,
  }
}

/** An option that was never set answers its standard value: as getsockopt does, for the options that are asked for. */
function withStandardOptions(info: SocketInfo, pattern: SocketInfoPattern): SocketInfo {
  if (typeof pattern.options !== 'object') return info
  const options: Partial<Record<OptionName, number>> = { ...info.options }
  for (const { name, standard } of optionTable) if (name in pattern.options) options[name] ??= standard
  return { ...info, options }
}

/** The fields of `value` that the pattern has too. */
function subsetOf(value: unknown, pattern: unknown): unknown {
  if (!isPlain(value) || !isPlain(pattern)) return value
  const keys = Object.keys(pattern).filter((key) => key in value)
  return Object.fromEntries(keys.map((key) => [key, subsetOf(value[key], pattern[key])]))
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

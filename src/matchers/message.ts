// The one form of all messages: hint, expected, received, the socket's history, how to see more.
import { namesKey } from '../journal/names.ts'
import { formatHistory } from '../report/history.ts'
import { formatSocket } from '../report/text.ts'
import type { Subject } from './subject.ts'

/** The part of vitest's `this` that is needed here; the same in vitest 4 and 5. */
export type MatcherContext = {
  readonly isNot: boolean
  equals(one: unknown, other: unknown, testers?: Tester[]): boolean
  readonly utils: {
    matcherHint(name: string, received?: string, expected?: string, options?: { isNot?: boolean }): string
    diff(expected: unknown, received: unknown): string | undefined
    iterableEquality: Tester
    subsetEquality: Tester
  }
}

/** Only handed on, from vitest to vitest. */
type Tester = (this: never, one: never, other: never, testers: never[]) => boolean | undefined

export type MatcherResult = { pass: boolean; message: () => string }

export type Verdict = {
  pass: boolean
  /** One sentence each, for the assertion without `.not`. */
  expected: string
  received: string
  /** Lines below `received`. */
  detail?: string
}

export function result(
  context: MatcherContext,
  hint: { matcher: string; received: string; argument: string },
  subject: Subject,
  verdict: Verdict,
): MatcherResult {
  const message = (): string =>
    [
      context.utils.matcherHint(hint.matcher, hint.received, hint.argument, { isNot: context.isNot }),
      [
        `Expected: ${context.isNot ? 'not ' : ''}${verdict.expected}`,
        `Received: ${verdict.received}`,
        ...(verdict.detail === undefined ? [] : [indent(verdict.detail)]),
      ].join('\n'),
      historyOf(subject),
      advice,
    ].join('\n\n')
  return { pass: verdict.pass, message }
}

const advice =
  "See more: `reporters: ['default', 'vitest-environment-socket-wrapper/reporter']` prints the hosts, processes and passes of each test."

function historyOf({ socket, names }: Subject): string {
  if (socket === null) return 'The socket has no history here: it was given as an info.'
  const lines = formatHistory(socket, 10, socket[namesKey] ?? names)
  return [`${formatSocket(socket, names)}${lines.length === 0 ? ' has no history.' : ''}`, ...lines].join('\n')
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`.trimEnd())
    .join('\n')
}

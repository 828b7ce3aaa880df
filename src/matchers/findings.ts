// What toHaveNoLeaks and toHaveNoRaces say of a network.
import type { MatcherContext, MatcherResult } from './message.ts'
import { wrongSubject } from './subject.ts'

type Found = { readonly rule: string; readonly what: string }

/** The first letter of a rule's id is its kind. */
const kinds = {
  toHaveNoLeaks: { letter: 'L', word: 'leaks' },
  toHaveNoRaces: { letter: 'R', word: 'races' },
} as const

export function judgeFindings(context: MatcherContext, matcher: keyof typeof kinds, received: unknown): MatcherResult {
  if (!hasFindings(received)) throw wrongSubject(matcher, 'a network, as a test gets it', received)
  const { letter, word } = kinds[matcher]
  const found = received.findings.filter(({ rule }) => rule.startsWith(letter))
  const pass = found.length === 0
  const message = (): string =>
    [
      context.utils.matcherHint(matcher, 'network', '', { isNot: context.isNot }),
      `Expected: ${context.isNot ? 'some' : 'no'} ${word} in the network\nReceived: ${pass ? 'none' : found.length}`,
      ...found.map(({ what }) => what),
    ].join('\n\n')
  return { pass, message }
}

/** By its shape and not by its class: a linked package is loaded twice. */
function hasFindings(value: unknown): value is { readonly findings: readonly Found[] } {
  return typeof value === 'object' && value !== null && 'findings' in value && Array.isArray(value.findings)
}

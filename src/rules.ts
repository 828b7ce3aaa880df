// What counts as a leak or a race across passed and inherited sockets: one row for each rule.

/** `off`: not looked for; `warn`: told by `network.findings` and the reporter; `fail`: fails the test. */
export type RuleLevel = 'off' | 'warn' | 'fail'

type Rule = {
  readonly name: string
  readonly definition: string
  readonly level: RuleLevel
  /** What the verdict rests on. */
  readonly decided: string
}

export const rules = {
  L1: {
    name: 'lost in flight',
    definition: 'A socket was sent, and nobody had received it when the test ended.',
    level: 'fail',
    decided: 'the send has no receipt after the grace',
  },
  L3: {
    name: 'truncated',
    definition: 'A message with several descriptors was received without some of them.',
    level: 'fail',
    decided: 'positions of one message that have no receipt while others have',
  },
  L4: {
    name: 'sender retains',
    definition: 'A connection that was passed on is still held by its sender, so its peer never sees the end of it.',
    level: 'fail',
    decided: "the sender's descriptors after the grace, checked against the kernel",
  },
  R1: {
    name: 'use after pass',
    definition: 'A process took input from a connection after it had passed it on.',
    level: 'fail',
    decided: 'the first attempt to read after the send',
  },
  R2: {
    name: 'concurrent consumption',
    definition: 'A process took input from a connection whose input belongs to another one, by a pass.',
    level: 'fail',
    decided: 'the first attempts of each to read, with no pass, close or exit between them',
  },
  R4: {
    name: 'double accept',
    definition: 'Two processes accept from one listener that was passed.',
    level: 'warn',
    decided: 'the first attempts of each to accept',
  },
  R8: {
    name: 'shutdown by another',
    definition: 'A process shut down a connection whose input belongs to another one.',
    level: 'fail',
    decided: 'shutdown after a pass; of a forked connection, of both ways',
  },
  R9: {
    name: 'fork-shared stream',
    definition: 'A connection was inherited by fork, and both sides took input from it.',
    level: 'fail',
    decided: 'the first attempts of each to read, with no close or exit between them',
  },
  S1: {
    name: 'divergent info',
    definition: 'What the receiver of a socket sees of it is not what its sender had.',
    level: 'fail',
    decided: 'the comparison of `toRecreateSocketInfo`, for each pass',
  },
  T2: {
    name: 'divergent journal',
    definition: 'The journal and the kernel disagree about who holds a socket: a fault of this package.',
    level: 'warn',
    decided: '`/proc/<pid>/fd` of the holders that a leak is about',
  },
} as const satisfies Record<string, Rule>

export type RuleId = keyof typeof rules
export type RuleLevels = Readonly<Record<RuleId, RuleLevel>>

export const ruleIds = Object.keys(rules) as readonly RuleId[]
export const ruleLevels: readonly RuleLevel[] = ['off', 'warn', 'fail']

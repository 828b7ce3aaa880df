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
  L2: {
    name: 'receiver leak',
    definition: 'A process received a socket, never used it, and still holds it.',
    level: 'warn',
    decided:
      'no input, output, wait for input or pass by that descriptor since its receipt, checked against the kernel',
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
  L5: {
    name: 'peek duplicate',
    definition:
      'The descriptor that a peek at a message gave is still open after the receipt of the message, and nobody uses it.',
    level: 'fail',
    decided: 'recvmsg with MSG_PEEK, then without; checked against the kernel',
  },
  L6: {
    name: 'inherited over exec',
    definition: 'A program holds a socket from before its exec, and never uses it.',
    level: 'fail',
    decided: 'descriptors above 2 that a new program finds open, checked against the kernel',
  },
  L7: {
    name: 'received without close-on-exec',
    definition:
      'A program holds a socket that the program before it received without MSG_CMSG_CLOEXEC, and never uses it.',
    level: 'fail',
    decided: 'as L6, with the receipt',
  },
  L8: {
    name: 'epoll ghost',
    definition:
      'A descriptor was closed while an epoll waits for it and others hold the socket: its events go on, and nobody can take them back.',
    level: 'fail',
    decided: '`/proc/<pid>/fdinfo` of the epoll descriptors of whoever closed it',
  },
  L9: {
    name: 'dead name',
    definition: 'The name of a socket is left in the directory, and the socket is gone: its process was killed.',
    level: 'warn',
    decided: 'names of the directory against `/proc/net/unix`',
  },
  L10: {
    name: 'envelope leak',
    definition: 'A process without the shim holds the pipe that carried infos, beside the sockets that it received.',
    level: 'warn',
    decided: '`/proc/<pid>/fd` against the inode of the pipe',
  },
  L11: {
    name: 'outlives the test',
    definition: 'A process is alive, and the process that the test had started, from which it descends, is not.',
    level: 'off',
    decided:
      'living processes below a started one that has ended; a daemon by design is one, and the environment ends it in any case',
  },
  L12: {
    name: 'growth',
    definition: 'A kind of socket becomes more with each checkpoint.',
    level: 'fail',
    decided: 'three checkpoints or more, each with the same number more than the one before',
  },
  R1: {
    name: 'use after pass',
    definition: 'A process took input from a connection after it had passed it on.',
    level: 'fail',
    decided: 'the first attempt to read, or wait for input, after the send',
  },
  R2: {
    name: 'concurrent consumption',
    definition: 'A process took input from a connection whose input belongs to another one, by a pass.',
    level: 'fail',
    decided: 'the first attempts of each to read, with no pass, close or exit between them',
  },
  R3: {
    name: 'read ahead',
    definition:
      'A connection was passed on after its sender had taken input from it: what the sender has in a buffer does not travel.',
    level: 'warn',
    decided: 'input before the pass, since the connection was accepted, made or received',
  },
  R4: {
    name: 'double accept',
    definition: 'Two processes accept from one listener that was passed.',
    level: 'warn',
    decided: 'the first attempts of each to accept',
  },
  R5: {
    name: 'recycled number',
    definition:
      'A process closed or sent a number again whose socket it had closed before; another file may have it by then.',
    level: 'warn',
    decided:
      'EBADF for a number that was a socket, but for sweeps over all numbers and in a child before exec; not seen where the number has another file already',
  },
  R6: {
    name: 'flag flip',
    definition: 'A process changed O_NONBLOCK of a socket that another one uses.',
    level: 'warn',
    decided: 'F_SETFL or FIONBIO that changes it, after the first use by another holder',
  },
  R7: {
    name: 'passed while busy',
    definition: 'A connection was passed on while another thread of the sender was in a call that took input from it.',
    level: 'fail',
    decided: 'the call began before the send and took something after it',
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
  S2: {
    name: 'wrong state',
    definition:
      'A process takes input from a stream socket that it received, and that is neither connected nor listening.',
    level: 'fail',
    decided: "the state at the receiver's first attempt",
  },
  S4: {
    name: 'limit',
    definition: 'A message with descriptors was refused at a limit.',
    level: 'warn',
    decided: 'ETOOMANYREFS, EMFILE, or EINVAL for more than 253 descriptors',
  },
  T1: {
    name: 'escape',
    definition: 'A process left the network, and has sockets of the real one.',
    level: 'fail',
    decided: '`/proc/<pid>/maps` and the inet sockets of each process that descends from what the test started',
  },
  T2: {
    name: 'divergent journal',
    definition: 'The journal and the kernel disagree about who holds a socket: a fault of this package.',
    level: 'warn',
    decided: '`/proc/<pid>/fd` of the holders that a leak is about',
  },
  T3: {
    name: 'incomplete journal',
    definition: 'Something happened that is not in the journal, so that nothing can be said of the test.',
    level: 'fail',
    decided: 'records that found no room or cannot be read',
  },
} as const satisfies Record<string, Rule>

export type RuleId = keyof typeof rules
export type RuleLevels = Readonly<Record<RuleId, RuleLevel>>

export const ruleIds = Object.keys(rules) as readonly RuleId[]
export const ruleLevels: readonly RuleLevel[] = ['off', 'warn', 'fail']

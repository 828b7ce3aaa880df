// A finding as lines: the rule, the socket, who did what, the socket's history, and how to allow it.
import type { Finding } from '../analysis/finding.ts'
import { compareRecreation } from '../analysis/recreation.ts'
import type { Names } from '../journal/names.ts'
import { type RuleId, rules } from '../rules.ts'
import type { JournalEvent } from '../wire/events.ts'
import { formatDifferences } from './difference.ts'
import { errorName, formatHistory } from './history.ts'
import { formatHolder, formatSocket, namesOf } from './text.ts'

/** A finding has 25 lines at most: the rule and what happened, this, and how to allow it. */
const historyLines = 12

type Teller = (finding: Finding, names: Names) => string

const races: Teller = ({ operations: [first, second] }, names) => {
  const began = first === undefined ? '' : `${formatHolder(first, names)} ${describe(first)}; then `
  return `${began}${second === undefined ? '' : `${formatHolder(second, names)} ${describe(second)}.`}`
}

const notes: Teller = ({ note }) => note

const tellers: { readonly [Id in RuleId]: Teller } = {
  L1: ({ pass }, names) => `${senderOf(pass, names)} sent it, and nobody received it.`,
  L2: ({ pid, fd }, names) =>
    `${formatHolder({ pid, fd }, names)} received it, holds it, and has done nothing with it.`,
  L3: ({ pass }, names) =>
    `${senderOf(pass, names)} sent it as descriptor ${(pass?.position ?? 0) + 1} of ${pass?.descriptors ?? 0} in a message that came without it: the receiver's control buffer, or its limit of descriptors, was too small.`,
  L4: ({ pass }, names) =>
    `${senderOf(pass, names)} still holds it, although ${receiverOf(pass, names)} has it now: its peer will not see it end.`,
  L5: ({ pid, fd, operations }, names) =>
    `${formatHolder({ pid, fd }, names)} came from a peek at the message, which was then received as fd ${operations[1]?.fd ?? -1}.`,
  L6: ({ pid, fd }, names) =>
    `${formatHolder({ pid, fd }, names)} was open when the program started, and it has done nothing with it.`,
  L7: ({ pid, fd, operations: [receipt] }, names) =>
    `${formatHolder({ pid, fd }, names)} was open when the program started, and it has done nothing with it: ${receipt === undefined ? 'a process' : formatHolder(receipt, names)} had received it without MSG_CMSG_CLOEXEC.`,
  L8: ({ pid, fd, note }, names) =>
    `${formatHolder({ pid, fd }, names)} was closed, and its ${note} still waits for it: take it out (EPOLL_CTL_DEL) before the close.`,
  L9: ({ note }) => `Nobody has it any more, and its name ${note} is left: its last process was killed.`,
  L10: ({ pid }, names) =>
    `${formatHolder({ pid, fd: -1 }, names)} received it without the shim, and holds its envelope.`,
  L11: notes,
  L12: notes,
  R1: races,
  R2: races,
  R3: races,
  R4: races,
  R5: races,
  R6: races,
  R7: races,
  R8: races,
  R9: races,
  S1: ({ pass }) => {
    const recreation = pass === null ? null : compareRecreation(pass)
    return recreation?.kind === 'differs' && pass !== null
      ? formatDifferences(recreation.differences, pass).join('\n')
      : ''
  },
  S2: ({ operations: [attempt], pid, fd }, names) =>
    `${formatHolder({ pid, fd }, names)} took input from it, and it was ${attempt?.info?.state ?? 'open'}.`,
  S4: ({ operations: [send] }, names) =>
    send === undefined
      ? ''
      : `${formatHolder(send, names)} could not send it: ${errorName(send.result)} for a message with ${send.detail} descriptors.`,
  T1: notes,
  T2: ({ pid }, names) =>
    `The journal says that ${formatHolder({ pid, fd: -1 }, names)} holds it, the kernel that it does not.`,
  T3: notes,
}

/** The first line is `R1 use after pass: socket #7 web:80 ← test:49152`; no line ends in a line break. */
export function formatFinding(finding: Finding, names: Names = namesOf(finding.socket ?? {})): string[] {
  const { rule, socket } = finding
  return [
    `${rule} ${rules[rule].name}${socket === null ? '' : `: ${formatSocket(socket, names)}`}`,
    ...tellers[rule](finding, names)
      .split('\n')
      .map((line) => `  ${line}`),
    ...(socket === null ? [] : formatHistory(socket, historyLines, names).map((line) => `  ${line}`)),
    `  ${rules[rule].definition} To allow it: ${wayToAllow(finding)}`,
  ]
}

/** The narrowest way that there is. */
function wayToAllow({ rule, fd }: Finding): string {
  if (rule === 'R4') return "spawn(…, { share: 'accept' })"
  if ((rule === 'L6' || rule === 'L7') && fd >= 0) return `spawn(…, { inherit: [${fd}] })`
  return `environmentOptions['socket-wrapper'].rules = { ${rule}: 'warn' }`
}

function senderOf(pass: Finding['pass'], names: Names): string {
  return pass === null ? 'A process' : formatHolder(pass.from, names)
}

function receiverOf(pass: Finding['pass'], names: Names): string {
  return pass?.to == null ? 'nobody' : formatHolder(pass.to, names)
}

const verbs: Partial<Record<JournalEvent['op'], string>> = {
  passSend: 'passed it on',
  passEnvelope: 'received it',
  passReceive: 'received it',
  accept: 'accepted it',
  connect: 'connected it',
  shutdown: 'shut it down',
  readAhead: 'had taken input from it',
  arm: 'waited for input from it',
  produce: 'gave it output',
}

function describe({ op, info, detail }: JournalEvent): string {
  if (op === 'consume') return info?.state === 'listening' ? 'accepted from it' : 'took input from it'
  if (op === 'drop') return 'closed it'
  if (op === 'stale') return detail === 1 ? 'sent the number' : 'closed the number again'
  if (op === 'alter') return `turned its O_NONBLOCK ${detail === 1 ? 'on' : 'off'}`
  return verbs[op] ?? `did ${op}`
}

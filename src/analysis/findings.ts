// The findings of a timeline: pure, and the same for the same timeline. Whether a leak may still go away is for the caller to wait for.
import type { Timeline } from '../journal/timeline.ts'
import type { PassView, SocketView } from '../journal/views.ts'
import { type RuleId, ruleIds, type RuleLevels } from '../rules.ts'
import type { JournalEvent } from '../wire/events.ts'
import type { Finding } from './finding.ts'
import { findViolations, type Violation } from './ownership.ts'
import { compareRecreation } from './recreation.ts'

type Scene = {
  readonly sockets: readonly SocketView[]
  readonly passes: readonly PassView[]
  readonly violations: readonly (Violation & { readonly socket: SocketView })[]
  /** Pids of the process that runs the test: it ends its own sockets with the test, after the verdict. */
  readonly tests: ReadonlySet<number>
}

/** How each rule looks for its findings. T2 comes from the comparison with the kernel, not from here. */
const finders: { readonly [Id in Exclude<RuleId, 'T2'>]: (scene: Scene) => Finding[] } = {
  L1: ({ passes }) => unreceived(passes, false).map((pass) => aboutPass('L1', pass)),
  L3: ({ passes }) => unreceived(passes, true).map((pass) => aboutPass('L3', pass)),
  L4: findRetained,
  R1: (scene) => findRaces('R1', scene),
  R2: (scene) => findRaces('R2', scene),
  R4: findDoubleAccepts,
  R8: (scene) => findRaces('R8', scene),
  R9: (scene) => findRaces('R9', scene),
  S1: ({ passes }) =>
    passes.filter((pass) => compareRecreation(pass).kind === 'differs').map((pass) => aboutPass('S1', pass)),
}

/** In the order of the rules; what is `off` is not looked for. */
export function findFindings(timeline: Timeline, levels: RuleLevels): Finding[] {
  const tests = new Set(timeline.processes().flatMap(({ pid, isTest }) => (isTest ? [pid] : [])))
  const sockets = timeline.sockets()
  const violations = sockets.flatMap((socket) => findViolations(socket).map((violation) => ({ ...violation, socket })))
  const scene: Scene = { sockets, passes: timeline.passes(), violations, tests }
  return ruleIds.flatMap((id) => (id === 'T2' || levels[id] === 'off' ? [] : finders[id](scene)))
}

/** Sent and not received; `withSiblings`: other descriptors of its message were. */
function unreceived(passes: readonly PassView[], withSiblings: boolean): PassView[] {
  const arrived = new Set(passes.flatMap(({ to, messageId }) => (to === null ? [] : [messageId])))
  return passes.filter(
    ({ to, sentAtNs, messageId }) => to === null && sentAtNs !== null && arrived.has(messageId) === withSiblings,
  )
}

function aboutPass(rule: RuleId, pass: PassView): Finding {
  const operations = pass.socket.history.filter(
    ({ op, messageId, position }) =>
      (op === 'passSend' || op === 'passReceive') && messageId === pass.messageId && position === pass.position,
  )
  return { rule, socket: pass.socket, pass, operations, pid: pass.from.pid }
}

function findRetained({ passes, tests }: Scene): Finding[] {
  return passes.flatMap((pass) => {
    const { from, to, socket } = pass
    if (to === null || from.pid === 0 || from.pid === to.pid || tests.has(from.pid)) return []
    if (socket.info.type !== 'stream' || socket.info.state !== 'connected') return []
    // It may have got it back, or have been given it by fork again: then it holds it by right.
    const isBack = passes.some((other) => other.socket === socket && other.to?.pid === from.pid)
    const holds = socket.holders.some(({ pid }) => pid === from.pid)
    return holds && !isBack ? [aboutPass('L4', pass)] : []
  })
}

function findRaces(rule: RuleId, { violations, passes }: Scene): Finding[] {
  return violations
    .filter((violation) => violation.rule === rule)
    .map(({ socket, first, second }) => {
      const pass = passes.find((other) => other.socket === socket && isOf(first, other.messageId, other.position))
      return { rule, socket, pass: pass ?? null, operations: [first, second], pid: second.pid }
    })
}

function isOf(event: JournalEvent, messageId: bigint, position: number): boolean {
  return messageId !== 0n && event.messageId === messageId && event.position === position
}

function findDoubleAccepts({ sockets, passes }: Scene): Finding[] {
  return sockets.flatMap((socket) => {
    const pass = passes.find((other) => other.socket === socket && other.to !== null)
    if (pass === undefined || socket.info.type !== 'stream' || socket.info.state !== 'listening') return []
    const start = socket.history.findIndex(({ op }) => op === 'passReceive')
    const accepts = socket.history.slice(start).filter(({ op }) => op === 'consume')
    const second = accepts.find(({ pid }) => pid !== accepts[0]?.pid)
    const [first] = accepts
    if (first === undefined || second === undefined) return []
    return [{ rule: 'R4' as const, socket, pass, operations: [first, second], pid: second.pid }]
  })
}

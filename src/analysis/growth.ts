// L12: what becomes more and more while a test does the same thing again.
import type { Timeline } from '../journal/timeline.ts'
import type { SocketView } from '../journal/views.ts'
import { type Finding, finding } from './finding.ts'

/** How many descriptors of each kind the processes hold at one moment. */
export type Checkpoint = {
  /** By process and kind: `node[4712] accepted connections` → 12. */
  readonly references: ReadonlyMap<string, number>
  /** What differs from an earlier checkpoint. */
  since(earlier: Checkpoint): readonly Difference[]
}

export type Difference = { readonly what: string; readonly before: number; readonly after: number }

export function takeCheckpoint({ sockets, names }: Timeline): Checkpoint {
  const references = new Map<string, number>()
  for (const socket of sockets())
    for (const { pid } of socket.holders) {
      const what = `${names.process(pid)}[${pid}] ${kindOf(socket)}`
      references.set(what, (references.get(what) ?? 0) + 1)
    }
  return {
    references,
    since: (earlier) =>
      [...new Set([...earlier.references.keys(), ...references.keys()])]
        .map((what) => ({ what, before: earlier.references.get(what) ?? 0, after: references.get(what) ?? 0 }))
        .filter(({ before, after }) => before !== after),
  }
}

function kindOf({ info }: SocketView): string {
  if (info.type === 'datagram') return 'datagram sockets'
  if (info.state === 'listening') return 'listeners'
  if (info.state !== 'connected') return 'streams without a connection'
  return info.flags.includes('accepted') ? 'accepted connections' : 'own connections'
}

/** Fewer say nothing: a cache may fill up. */
const fewestCheckpoints = 3

export function findGrowth(checkpoints: readonly Checkpoint[]): Finding[] {
  const last = checkpoints.at(-1)
  if (last === undefined || checkpoints.length < fewestCheckpoints) return []
  return [...last.references.keys()].flatMap((what) => {
    const counts = checkpoints.map(({ references }) => references.get(what) ?? 0)
    const steps = counts.slice(1).map((count, index) => count - (counts[index] ?? 0))
    const [step = 0] = steps
    if (step <= 0 || steps.some((other) => other !== step)) return []
    const pid = Number(/\[(\d+)\]/.exec(what)?.[1] ?? 0)
    return [finding({ rule: 'L12', socket: null, pid, note: `${what}: ${counts.join(', ')}, ${step} more each time.` })]
  })
}

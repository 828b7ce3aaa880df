// Processes that stay: L11. And who descends from what the test started.
import type { ProcessView } from '../journal/views.ts'
import { type Finding, finding } from './finding.ts'
import type { Scene } from './scene.ts'

/** The process below the test that another one descends from; itself where its parents are not known. */
export function rootIn(processes: readonly ProcessView[]): (pid: number) => number {
  const byPid = new Map(processes.map((process) => [process.pid, process]))
  return (pid) => {
    const seen = new Set<number>()
    let at = pid
    for (;;) {
      seen.add(at)
      const parent = byPid.get(byPid.get(at)?.parent ?? 0)
      if (parent === undefined || parent.isTest || seen.has(parent.pid)) return at
      at = parent.pid
    }
  }
}

export function findOutliving({ processes, kernel }: Scene): Finding[] {
  const rootOf = rootIn(processes)
  const isAlive = ({ pid, isAlive }: ProcessView): boolean => isAlive && kernel?.isAlive(pid) !== false
  return processes
    .filter((process) => {
      const root = processes.findLast(({ pid }) => pid === rootOf(process.pid))
      return !process.isTest && root !== undefined && root !== process && isAlive(process) && !isAlive(root)
    })
    .map(({ pid, program }) =>
      finding({
        rule: 'L11',
        socket: null,
        pid,
        note: `${program}[${pid}] is alive, and the process that the test had started is not.`,
      }),
    )
}

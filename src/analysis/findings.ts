// The findings of a timeline: the same for the same timeline and the same answers of the kernel.
import { type RuleId, ruleIds, type RuleLevels } from '../rules.ts'
import type { Finding } from './finding.ts'
import { findGrowth } from './growth.ts'
import type { Kernel } from '../process/kernel.ts'
import {
  findDeadNames,
  findEnvelopes,
  findGhosts,
  findInherited,
  findLost,
  findPeeked,
  findRetained,
  findTruncated,
  findUnused,
} from './leaks.ts'
import { findOutliving } from './processes.ts'
import { findDoubleAccepts, findFlips, findReadAhead, findRecycled, findViolated } from './races.ts'
import { createScene, type Evidence, type Scene } from './scene.ts'
import { findDivergent, findLimits, findUnjudged, findWrongState } from './states.ts'

/** How each rule looks for its findings. The others are found where they happen: see their rows. */
const finders: { readonly [Id in RuleId]?: (scene: Scene) => Finding[] } = {
  L1: findLost,
  L2: findUnused,
  L3: findTruncated,
  L4: findRetained,
  L5: findPeeked,
  L6: (scene) => findInherited('L6', scene),
  L7: (scene) => findInherited('L7', scene),
  L8: findGhosts,
  L9: findDeadNames,
  L10: findEnvelopes,
  L11: findOutliving,
  L12: ({ checkpoints }) => findGrowth(checkpoints),
  R1: (scene) => findViolated('R1', scene),
  R2: (scene) => findViolated('R2', scene),
  R3: findReadAhead,
  R4: findDoubleAccepts,
  R5: findRecycled,
  R6: findFlips,
  R7: (scene) => findViolated('R7', scene),
  R8: (scene) => findViolated('R8', scene),
  R9: (scene) => findViolated('R9', scene),
  S1: findDivergent,
  S2: findWrongState,
  S4: findLimits,
  T3: findUnjudged,
}

/** Rules about a descriptor that a process holds at this moment. */
const held: ReadonlySet<RuleId> = new Set(['L2', 'L4', 'L5', 'L6', 'L7'])

/** In the order of the rules; what is `off` is not looked for. */
export function findFindings(evidence: Evidence, levels: RuleLevels): Finding[] {
  const scene = createScene(evidence)
  const { kernel } = scene
  const found = ruleIds.flatMap((id) => (levels[id] === 'off' ? [] : (finders[id]?.(scene) ?? [])))
  return kernel === null ? found : found.flatMap((finding) => confirm(finding, kernel, levels))
}

/** The kernel has the last word about who holds what: a T2 is ours to answer for. */
function confirm(finding: Finding, kernel: Kernel, levels: RuleLevels): Finding[] {
  const { rule, socket, pid, fd } = finding
  if (!held.has(rule) || socket === null) return [finding]
  // Killed, and nobody has reaped it.
  if (!kernel.isAlive(pid)) return []
  const descriptors = kernel.descriptorsOf(pid, socket.info.inode)
  const isHeld = fd < 0 ? descriptors.length > 0 : descriptors.includes(fd)
  if (isHeld) return [finding]
  return levels.T2 === 'off' ? [] : [{ ...finding, rule: 'T2' }]
}

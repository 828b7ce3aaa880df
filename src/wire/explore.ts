// The file of a network whose orders of hand-overs are explored.
import {
  actorLayout,
  EXPLORE_ACTORS,
  EXPLORE_MAGIC,
  EXPLORE_STEPS,
  EXPLORE_VERSION,
  exploreLayout,
  pointNames,
  readActor,
  readExplore,
  readStep,
  stepLayout,
  type WireActor,
} from './layout.gen.ts'

/** What a run is drawn from: the same plan gives the same order of hand-overs. */
export type ExplorePlan = { readonly seed: number; readonly depth: number; readonly steps: number }

/** A run that was explored. */
export type Explored = ExplorePlan & {
  readonly handOvers: number
  /** How many of them had an alternative. */
  readonly choices: number
  /** How many of them were not chosen: their threads had waited for too long. */
  readonly late: number
  /** `1.2 receive`: the second process that the first one of the test has made is about to receive. The first 4096. */
  readonly order: readonly string[]
}

const actorsAt = exploreLayout.size
const stepsAt = actorsAt + EXPLORE_ACTORS * actorLayout.size
const fileSize = stepsAt + EXPLORE_STEPS * stepLayout.size
const at = exploreLayout.offsets

/** The whole file before the first process. @param test - its thread, 0 for all of its process. */
export function encodeExplore({ seed, depth, steps }: ExplorePlan, test: { pid: number; tid: number }): Buffer {
  const bytes = Buffer.alloc(fileSize)
  bytes.writeBigUInt64LE(EXPLORE_MAGIC, at.magic)
  bytes.writeUInt32LE(EXPLORE_VERSION, at.version)
  bytes.writeUInt32LE(depth, at.depth)
  bytes.writeBigUInt64LE(BigInt(seed), at.seed)
  bytes.writeUInt32LE(steps, at.expected)
  bytes.writeUInt32LE(test.pid, at.testPid)
  bytes.writeUInt32LE(test.tid, at.testTid)
  return bytes
}

export function decodeExplored(bytes: Uint8Array): Omit<Explored, keyof ExplorePlan> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const { taken, choices, late, actors } = readExplore(view)
  const rows = times(Math.min(actors, EXPLORE_ACTORS), (row) => readActor(view, actorsAt + row * actorLayout.size))
  const order = times(Math.min(taken, EXPLORE_STEPS), (index) => {
    const step = readStep(view, stepsAt + index * stepLayout.size)
    const point = pointNames.get(step.point) ?? `point ${step.point}`
    return `${nameOf(rows, step.actor)} ${point}${step.late === 0 ? '' : ' (late)'}`
  })
  return { handOvers: taken, choices, late, order }
}

function times<Item>(count: number, make: (index: number) => Item): Item[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

/** By its place in the tree of processes, which is the same in each run: `1.2`, and `1.2/1` for its second thread. */
function nameOf(rows: readonly WireActor[], row: number): string {
  const actor = rows[row]
  if (actor === undefined) return '?'
  // A parent has come before its children.
  if (actor.parent === 0 || actor.parent > row) return String(actor.place)
  return `${nameOf(rows, actor.parent - 1)}${actor.tid === actor.pid ? '.' : '/'}${actor.place}`
}

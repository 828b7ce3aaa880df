// Exploring the orders in which the processes of a network hand over: the file by which the shim does it.
import { chmodSync, closeSync, openSync, readFileSync, readlinkSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { isMainThread } from 'node:worker_threads'
import { decodeExplored, encodeExplore, type Explored, type ExplorePlan } from '../wire/explore.ts'
import { EXPLORE_FILE, exploreLayout } from '../wire/layout.gen.ts'

export type Exploring = {
  /** A process is about to be started: its number, by which it is known in each run. */
  start(): number
  /** What has happened so far. */
  read(): Explored
}

/** The thread of the test; in a worker process all its threads are the test's. */
function testThread(): { pid: number; tid: number } {
  const tid = isMainThread ? 0 : Number(readlinkSync('/proc/thread-self').split('/').at(-1))
  return { pid: process.pid, tid }
}

export function createExploring(dir: string, plan: ExplorePlan): Exploring {
  const path = join(dir, EXPLORE_FILE)
  writeFileSync(path, encodeExplore(plan, testThread()))
  // For every user that a process of the network may run as: the directory keeps the others out.
  chmodSync(path, 0o666)
  const word = Buffer.alloc(4)
  let started = 0
  return {
    start() {
      word.writeUInt32LE(++started)
      const fd = openSync(path, 'r+')
      writeSync(fd, word, 0, word.length, exploreLayout.offsets.spawned)
      closeSync(fd)
      return started
    },
    read: () => ({ ...plan, ...decodeExplored(readFileSync(path)) }),
  }
}

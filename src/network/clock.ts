// Time as it is, also while a test has fake timers: taken before any test can replace them.
import process from 'node:process'

export const { clearTimeout, setTimeout } = globalThis

const { performance, setImmediate } = globalThis

/** Milliseconds since some moment, with fractions. */
export const nowMs: () => number = performance.now.bind(performance)

/** CLOCK_MONOTONIC, as the journal has it. */
export const monotonicNs: () => bigint = process.hrtime.bigint.bind(process.hrtime)

export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs))
}

/** After the events that are due. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

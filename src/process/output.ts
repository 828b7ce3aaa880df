// What a process writes to stdout or stderr: a stream, lines, and the text so far. It is always read, so that a process never blocks on it.
import { Readable } from 'node:stream'
import { clearTimeout, nextTurn, setTimeout } from '../network/clock.ts'

/** What nobody has read is kept up to this size; afterwards the stream skips. The last part is always kept for messages. */
const maxUnreadBytes = 16 * 1024 * 1024
const maxKeptLetters = 1024 * 1024

export type Output = Readable & {
  /** Lines from the first one that is kept (the last megabyte is), then as they come; ends with the process's stream. */
  lines(): AsyncGenerator<string, void, undefined>
  /** What was written until now: at most the last megabyte. */
  text(): string
  /** The last lines, without empty ones at the end. */
  lastLines(count: number): string[]
  /** Calls for each whole line, beginning with those that are there. */
  onLine(listener: (line: string) => void): () => void
  /** Resolves at the end of the stream; when children still hold it, after `graceMs`. */
  settled(graceMs: number): Promise<void>
}

/** @param source - null when the stream goes somewhere else. */
export function captureOutput(source: Readable | null): Output {
  const stream = new Readable({ read: () => undefined })
  const decoder = new TextDecoder()
  const wakers = new Set<() => void>()
  let kept = ''
  let keptFrom = 0
  let isEnded = source === null

  const wake = (): void => [...wakers].forEach((waker) => waker())
  const end = (): void => {
    if (isEnded) return
    isEnded = true
    stream.push(null)
    wake()
  }
  source?.on('data', (chunk: Buffer) => {
    if (stream.readableLength < maxUnreadBytes) stream.push(chunk)
    kept += decoder.decode(chunk, { stream: true })
    if (kept.length > 2 * maxKeptLetters) {
      keptFrom += kept.length - maxKeptLetters
      kept = kept.slice(-maxKeptLetters)
    }
    wake()
  })
  source?.on('end', end)
  source?.on('close', end)
  source?.on('error', end)
  if (source === null) stream.push(null)

  /** Whole lines from `position` on; at the end of the stream also the last half one. */
  const linesFrom = (position: number): { lines: string[]; next: number } => {
    const from = Math.max(position, keptFrom)
    const rest = kept.slice(from - keptFrom)
    const cut = isEnded ? rest.length : rest.lastIndexOf('\n') + 1
    const lines = rest.slice(0, cut).split(/\r?\n/)
    if (lines.at(-1) === '') lines.pop()
    return { lines, next: from + cut }
  }
  const waitForMore = (): Promise<void> =>
    new Promise((resolve) => {
      const waker = (): void => {
        wakers.delete(waker)
        resolve()
      }
      wakers.add(waker)
    })

  return Object.assign(stream, {
    async *lines() {
      for (let position = 0; ;) {
        const found = linesFrom(position)
        position = found.next
        yield* found.lines
        if (found.lines.length > 0) continue
        if (isEnded) return
        await waitForMore()
      }
    },
    text: () => kept,
    lastLines: (count: number) =>
      kept
        .trimEnd()
        .split(/\r?\n/)
        .slice(-count)
        .filter((line, _, all) => all.length > 1 || line !== ''),
    onLine(listener: (line: string) => void) {
      let position = 0
      const tell = (): void => {
        const found = linesFrom(position)
        position = found.next
        found.lines.forEach(listener)
      }
      wakers.add(tell)
      tell()
      return () => void wakers.delete(tell)
    },
    async settled(graceMs: number) {
      if (isEnded) return
      let timer: NodeJS.Timeout | undefined
      const grace = new Promise<void>((resolve) => (timer = setTimeout(resolve, graceMs)))
      const ended = new Promise<void>((resolve) => source?.once('close', resolve))
      await Promise.race([grace, ended])
      clearTimeout(timer)
      // To an event loop that was busy the time is over before it has read what is there.
      if (!isEnded) await nextTurn()
    },
  })
}

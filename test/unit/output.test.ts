import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'

import { captureOutput } from '../../src/process/output.ts'

test('lines come from the first one on, also to whoever asks late, and the last half one at the end', async () => {
  const source = new PassThrough()
  const output = captureOutput(source)
  source.write('one\ntw')
  source.write('o\r\nthr')
  const early: string[] = []
  for await (const line of output.lines()) {
    early.push(line)
    if (early.length === 2) source.end('ee')
  }
  expect(early).toEqual(['one', 'two', 'three'])
  const late: string[] = []
  for await (const line of output.lines()) late.push(line)
  expect(late).toEqual(early)
  expect(output.text()).toBe('one\ntwo\r\nthree')
  expect(output.lastLines(2)).toEqual(['two', 'three'])
})

test('it is a stream, and reading lines takes nothing from it', async () => {
  const source = new PassThrough()
  const output = captureOutput(source)
  source.end('a\n\nb\n')
  const lines: string[] = []
  for await (const line of output.lines()) lines.push(line)
  expect(lines).toEqual(['a', '', 'b'])
  let text = ''
  for await (const chunk of output) text += String(chunk)
  expect(text).toBe('a\n\nb\n')
})

test('a source that is held open is settled after the grace', async () => {
  const source = new PassThrough()
  const output = captureOutput(source)
  source.write('half')
  await output.settled(1)
  expect(output.lastLines(5)).toEqual(['half'])
})

test('no source is an empty output', async () => {
  const output = captureOutput(null)
  for await (const line of output.lines()) throw new Error(line)
  await output.settled(1000)
  expect(output.lastLines(3)).toEqual([])
})

test('what nobody reads is cut, the last megabyte stays', async () => {
  const source = new PassThrough()
  const output = captureOutput(source)
  for (let i = 0; i < 40; i++) {
    if (!source.write(`${'x'.repeat(99)}\n`.repeat(10_000)))
      await new Promise((resolve) => source.once('drain', resolve))
  }
  source.end('last\n')
  for await (const line of output.lines()) if (line === 'last') break
  expect(output.text().length).toBeLessThan(2.1 * 1024 * 1024)
  expect(output.readableLength).toBeLessThan(18 * 1024 * 1024)
  expect(output.lastLines(1)).toEqual(['last'])
})

test('what came in while nobody looked counts, although the time is over', async () => {
  const source = new PassThrough()
  const output = captureOutput(source)
  const settled = output.settled(1)
  setImmediate(() => source.write('late'))
  const start = performance.now()
  while (performance.now() < start + 5);
  await settled
  expect(output.text()).toBe('late')
})

import { expect, test } from 'vitest'
import { useDirectory, usePrograms } from './build.ts'

const programs = usePrograms('journal_writers', 'journal_kills', 'journal_claims')
const directory = useDirectory()
const isRoot = process.getuid?.() === 0

test('four processes write at once and every record comes once, whole and in the order of its writer', async () => {
  expect(await programs.run('journal_writers', directory(), '4', '20000', 'wait')).toEqual({ read: 80_000, lost: 0 })
})

test('what does not fit into the ring is counted: read and lost records make up all that were written', async () => {
  const { read, lost } = await programs.run('journal_writers', directory(), '4', '20000', 'overflow')
  expect(Number(read) + Number(lost)).toBe(80_000)
  expect(Number(lost)).toBeGreaterThan(0)
})

test('writers killed at any point leave a journal that reads on, with whole records only', async () => {
  const { kills, abandoned, lost } = await programs.run('journal_kills', directory(), '250')
  expect(kills).toBeGreaterThanOrEqual(250)
  expect(lost).toBe(0)
  // Else no kill hit a writer in the middle of a record, and the test has seen nothing.
  expect(abandoned).toBeGreaterThan(0)
})

test.each([
  ['a record that is being written holds back those behind it', 'live'],
  ['a sleeping reader notices that the writer of the next record was killed', 'killed'],
  ['a writer that was killed before it wrote a single byte is noticed as well', 'nameless'],
  ['a writer that publishes and ends while the reader asks whether it is dead has written its record', 'late'],
  ['a record that was lost in an exec is given up when the new program starts', 'replaced'],
  ['a reader that was killed between freeing a record and moving on holds nothing up', 'reader'],
  ['a full ring counts what it loses and keeps what it has', 'overflow'],
  ['a wake-up before the reader sleeps is not forgotten', 'wake'],
])('%s', async (_sentence, name) => {
  expect(await programs.run('journal_claims', directory(), name)).toEqual({})
})

// Only root may choose the pid of a new process.
test.runIf(isRoot)('a record is given up when its writer is gone and another process has got its pid', async () => {
  expect(await programs.run('journal_claims', directory(), 'recycled')).toEqual({})
})

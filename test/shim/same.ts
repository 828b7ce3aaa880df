import { describe, expect, test } from 'vitest'

import { runProgram, type Place } from '../helpers.ts'
import { differences } from './differences.ts'

/** What the shim must print: the kernel's transcript, but for the rows of differences.ts, each of which must apply. */
function expected(program: string, kernel: readonly string[]): readonly string[] {
  let lines = kernel
  for (const row of differences.filter((row) => row.program === program)) {
    if (!lines.includes(row.kernel))
      throw new Error(`differences.ts: ${program} has no line ${JSON.stringify(row.kernel)} on the kernel`)
    lines = lines.map((line) => (line === row.kernel ? row.shim : line))
  }
  return lines
}

/** Runs each program on real loopback and under the shim, alone and in a network: equal transcripts, nothing logged, no name left behind. */
export function sameAsKernel(...programs: readonly string[]): void {
  describe.each(programs)('%s', (program) => {
    const kernel = runProgram(program, 'kernel')
    kernel.catch(() => {}) // the tests report it

    test.each<Place>(['bare', 'network'])('%s', async (place) => {
      const [onKernel, result] = await Promise.all([kernel, runProgram(program, place)])
      expect(onKernel).toMatchObject({ status: 'exit 0', stderr: '' })
      expect(onKernel.lines.at(-1)).toBe('end')
      expect(result.lines).toEqual(expected(program, onKernel.lines))
      expect(result).toMatchObject({ status: 'exit 0', stderr: '', log: '', left: [] })
    })
  })
}

import { describe, expect, test } from 'vitest'

import { runProgram, type Place } from '../helpers.ts'
import { sameAsKernel } from './same.ts'

sameAsKernel(
  'pass_kinds',
  'pass_many',
  'pass_room',
  'pass_peek',
  'pass_failed',
  'pass_cloexec',
  'pass_first',
  'pass_messages',
  'pass_credentials',
  'pass_lost',
  'pass_holders',
  'pass_full_table',
  'pass_udp',
  'pass_threads',
  'envelope_bytes',
)

describe('pass_user_pipe', () => {
  test.each<Place>(['bare', 'network'])('%s', async (place) => {
    const [kernel, shim] = await Promise.all([
      runProgram('pass_user_pipe', 'kernel'),
      runProgram('pass_user_pipe', place),
    ])
    expect(kernel).toMatchObject({ status: 'exit 0', stderr: '' })
    expect(kernel.lines.at(-1)).toBe('end')
    expect(shim.lines).toEqual(kernel.lines)
    // What begins like an envelope and is none is told, each in one line.
    const told = shim.log.split('\n').filter((line) => line !== '')
    expect(told.length).toBeGreaterThan(0)
    for (const line of told)
      expect(line).toMatch(/the envelope of \d+ descriptors cannot be used: (sizes|checksum|number of descriptors)$/)
  })
})

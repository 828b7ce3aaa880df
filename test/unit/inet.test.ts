import { expect, test } from 'vitest'

import { formatEnd } from '../../src/process/inet.ts'

test('an address of /proc/net/tcp and tcp6 is text', () => {
  expect(formatEnd('0100007F:1F90')).toBe('127.0.0.1:8080')
  expect(formatEnd('00000000000000000000000001000000:0050')).toBe('[::1]:80')
  expect(formatEnd('000080FE00000000FF565002FE60C8E1:0000')).toBe('[fe80::250:56ff:e1c8:60fe]:0')
})

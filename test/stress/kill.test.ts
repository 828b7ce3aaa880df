import { expect, test } from 'vitest'

import { runProgram } from '../helpers.ts'

test(
  'a process may be killed a thousand times, anywhere, and nobody else of its network notices',
  { timeout: 240_000 },
  async () => {
    expect(await runProgram('kill_anywhere', 'network', ['1000'], 220_000)).toMatchObject({
      lines: ['1000 were killed', 'the one beside them ended with 0', 'end'],
      status: 'exit 0',
      stderr: '',
      log: '',
    })
  },
)

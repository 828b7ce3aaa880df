import { join } from 'node:path'
import { expect, test } from 'vitest'

import {
  compileProgram,
  referenceEnvironment,
  run,
  sanitizerEnvironment,
  shimPreload,
  withDirectory,
} from '../helpers.ts'

// The other direction cannot work: that library refuses whatever another version of itself, or anybody else, has sent.
test('pass_foreign: the sender is under socket_wrapper', async () => {
  await withDirectory(async (directory) => {
    const command = await compileProgram('pass_foreign')
    const few = { PASS_FEW: '1' }
    const kernel = await run({ command, args: ['-', '-', join(directory, 'a')], env: few })
    const { LD_PRELOAD: sender = '', ...env } = { ...sanitizerEnvironment, ...referenceEnvironment(directory, few) }
    expect(await run({ command, args: [sender, shimPreload, join(directory, 'b')], env })).toEqual(kernel)
  })
})

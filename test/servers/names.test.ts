import { describe, expect, test } from 'vitest'

import { compileProgram, run, start, socketNames, withDirectory } from '../helpers.ts'
import { environmentOf } from './sides.ts'

const serve = ['serve', 'tcp', '4', '127.0.0.1', '80'] as const

describe('names in a shared directory', () => {
  test('a live socket of the reference is EADDRINUSE for ours', async () => {
    await withDirectory(async (directory) => {
      const command = await compileProgram('under/peer')
      const reference = start({ command, args: serve, env: environmentOf('reference', directory) })
      await reference.waitFor(/^ready$/m)
      const ours = await run({ command, args: serve, env: environmentOf('ours', directory) })
      expect(ours.lines.join()).toMatch(/not true.*EADDRINUSE/)
      const asked = await run({ command, args: ['ask', ...serve.slice(1)], env: environmentOf('reference', directory) })
      expect(asked.lines.at(-1)).toBe('end')
      await reference.stop()
    })
  })

  test('what a killed process of the reference left is taken over', async () => {
    await withDirectory(async (directory) => {
      const command = await compileProgram('under/peer')
      const reference = start({ command, args: serve, env: environmentOf('reference', directory) })
      await reference.waitFor(/^ready$/m)
      await reference.stop()
      expect(await socketNames(directory)).toEqual(['T010050'])
      const ours = start({ command, args: serve, env: environmentOf('ours', directory) })
      await ours.waitFor(/^ready$/m)
      const asked = await run({ command, args: ['ask', ...serve.slice(1)], env: environmentOf('reference', directory) })
      expect(asked.lines).toContain('answer 1200 bytes')
      await ours.ended
      expect(await socketNames(directory)).toEqual([])
    })
  })
})

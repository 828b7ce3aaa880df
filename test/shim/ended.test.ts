import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ARENA_ABSTRACT_CLIENTS, ARENA_ENDED, arenaLayout } from '../../src/wire/layout.gen.ts'
import { createArena, run, shimEnvironment, start, withDirectory } from '../helpers.ts'

/** What the guard does when its worker is dead. */
function endNetwork(directory: string): void {
  const features = Buffer.alloc(4)
  features.writeUInt32LE(ARENA_ABSTRACT_CLIENTS | ARENA_ENDED)
  const file = openSync(join(directory, 'arena'), 'r+')
  writeSync(file, features, 0, features.length, arenaLayout.offsets.features)
  closeSync(file)
}

test('a program that starts in a network that has ended is ended', () =>
  withDirectory(async (directory) => {
    await createArena(directory)
    const env = shimEnvironment(directory)
    expect(await run({ command: 'true', env })).toMatchObject({ status: 'exit 0' })
    endNetwork(directory)
    expect(await run({ command: 'true', env })).toMatchObject({ status: 'SIGKILL' })
  }))

test('a child that is forked in a network that has ended is ended', () =>
  withDirectory(async (directory) => {
    await createArena(directory)
    const shell = start({
      command: 'sh',
      args: ['-c', 'echo up; read line; (echo child); echo "status $?"'],
      env: shimEnvironment(directory),
    })
    await shell.waitFor(/up/)
    endNetwork(directory)
    shell.write('go\n')
    expect((await shell.ended).lines).toEqual(['up', 'status 137'])
  }))

import { expect, test } from 'vitest'
import { native } from '../../src/native.ts'
import { decodeHead } from '../../src/wire/arena.ts'
import { compileProgram, run, shimEnvironment, withDirectory } from '../helpers.ts'

const sockets = 64

test('sockets that several processes held make room in the registry once none holds them', () =>
  withDirectory(async (directory) => {
    native.createArena(directory, { records: 4096, sockets, processes: 512, abstractClients: true })
    const command = await compileProgram('registry_room')
    const result = await run({ command, args: [String(4 * sockets)], env: shimEnvironment(directory) })
    expect(result).toMatchObject({ status: 'exit 0', lines: ['failures 0'] })
    const arena = native.openArena(directory)
    expect(decodeHead(native.readHead(arena)).registryLost).toBe(0n)
    native.closeArena(arena)
  }))

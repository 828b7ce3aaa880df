import { expect, test } from 'vitest'
import { useDirectory, usePrograms } from './build.ts'

const programs = usePrograms('registry_hammer', 'meetings')
const directory = useDirectory()

test('four processes write the same sockets: no info is torn, no version goes back, none is lost', async () => {
  expect(await programs.run('registry_hammer', directory(), '30000', '0')).toEqual({ kills: 0, lost: 0 })
})

test('writers killed at any point leave every socket readable and writable', async () => {
  expect(await programs.run('registry_hammer', directory(), '100', '200')).toEqual({ kills: 200, lost: 0 })
})

test('a socket that two processes store for the first time at once is there once, with the newer version', async () => {
  expect(await programs.run('meetings', directory(), 'socket')).toEqual({ lost: 0 })
})

test('a process that is registered by two sides at once has one row', async () => {
  expect(await programs.run('meetings', directory(), 'process')).toEqual({ lost: 0 })
})

import { expect, test } from 'vitest'
import { useDirectory, usePrograms } from './build.ts'

const programs = usePrograms('registry_hammer')
const directory = useDirectory()

test('four processes write the same sockets: no info is torn, no version goes back, none is lost', async () => {
  expect(await programs.run('registry_hammer', directory(), '30000', '0')).toEqual({ kills: 0, lost: 0 })
})

test('writers killed at any point leave every socket readable and writable', async () => {
  expect(await programs.run('registry_hammer', directory(), '100', '200')).toEqual({ kills: 200, lost: 0 })
})

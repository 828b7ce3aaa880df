import { afterEach, beforeEach, expect, test, vi } from 'vitest'

beforeEach(() => vi.resetModules())

afterEach(() => {
  vi.doUnmock('node:fs')
  vi.doUnmock('node:module')
})

const loadNative = async (): Promise<unknown> => import('../../../src/native.ts')

test('says where a part was looked for, and what to do', async () => {
  vi.doMock('node:fs', () => ({ existsSync: () => false }))
  await expect(loadNative()).rejects.toMatchObject({
    name: 'SocketWrapperError',
    code: 'NATIVE_MISSING',
    message: expect.stringMatching(
      /preload library .*"npm rebuild .*\/native\/build\/Release\/libshim\.so: no such file/s,
    ) as string,
  })
})

test('says why a Node cannot be entered', async () => {
  vi.doMock('node:module', () => ({
    createRequire: () => () => {
      throw new Error('Dynamic loading not supported')
    },
  }))
  await expect(loadNative()).rejects.toMatchObject({
    name: 'SocketWrapperError',
    code: 'NODE_NOT_ENTERABLE',
    details: { node: process.execPath, reason: 'its dynamic linker says "Dynamic loading not supported"' },
  })
})

test('says when the addon was built from other formats', async () => {
  vi.doMock('node:module', () => ({ createRequire: () => () => ({ openShim: () => {}, sizes: { info: 209 } }) }))
  await expect(loadNative()).rejects.toMatchObject({
    code: 'NATIVE_MISSING',
    message: expect.stringContaining('its info has 209 bytes instead of 208') as string,
  })
})

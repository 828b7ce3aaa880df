// @vitest-environment socket-wrapper
import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest-environment-socket-wrapper/test'

import { startSamba } from './samba.ts'

test('smbclient puts 50 MB and gets them back', async ({ network }) => {
  const samba = await startSamba(network)
  const content = randomBytes(50_000_000)
  await writeFile(join(samba.dir, 'content'), content)
  await samba.ask('put content; get content back')
  expect(content.equals(await readFile(join(samba.dir, 'back')))).toBe(true)
  expect(content.equals(await readFile(join(samba.dir, 'share/content')))).toBe(true)
})

import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { findLoadable } from '../../src/process/loadable.ts'

let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vsw-loadable-'))
  await mkdir(join(dir, 'bin'))
  await mkdir(join(dir, 'folder'))
  await symlink(process.execPath, join(dir, 'bin/node'))
  await writeFile(join(dir, 'bin/plain'), '')
  const scripts = {
    good: '#!/usr/bin/env node\n',
    'good-with-flags': '#!/usr/bin/env -S X=1 node --flag\n',
    'no-interpreter': '#!/nowhere/python9\n',
    'no-program': '#!/usr/bin/env python9\n',
    'of-itself': `#!${join(dir, 'of-itself')}\n`,
    'without-line': 'echo hi\n',
  }
  for (const [name, text] of Object.entries(scripts)) await writeFile(join(dir, name), text, { mode: 0o755 })
})

afterAll(() => rm(dir, { recursive: true }))

async function look(command: string, path = join(dir, 'bin')): Promise<string> {
  return findLoadable(command, { cwd: dir, env: { PATH: path } }).catch(({ message }: Error) =>
    message.replaceAll(dir, '<dir>'),
  )
}

test('a command is found in the PATH of the process, or by its path from the working directory', async () => {
  expect(await look('node')).toBe(join(dir, 'bin/node'))
  expect(await look('./bin/node')).toBe(join(dir, 'bin/node'))
  expect(await look('node', 'nowhere:bin')).toBe(join(dir, 'bin/node'))
})

test.each(['./good', './good-with-flags', './without-line'])('the script %s is loadable', async (command) => {
  expect(await look(command)).toBe(join(dir, command))
})

test('what can not be started says why', async () => {
  expect(await look('nothing')).toBe(
    'Command "nothing" is not found. Looked in the PATH of the process:\n  - <dir>/bin',
  )
  expect(await look('./nothing')).toBe('Command "./nothing" is not found. The path names a file, and there is none.')
  expect(await look('')).toMatch(/^Command "" is not found/)
  expect(await look('plain')).toMatch(
    'Command "plain" can\'t run in the network: <dir>/bin/plain is not executable. Give it the permission (chmod +x)',
  )
  expect(await look('./folder')).toMatch('<dir>/folder is a directory. Name a program in it.')
  expect(await look('./no-interpreter')).toMatch('begins with "#!/nowhere/python9", which does not exist.')
  expect(await look('./no-program')).toMatch(
    'begins with "#!/usr/bin/env python9", and the PATH has no python9. Install that interpreter',
  )
  expect(await look('./of-itself')).toMatch('is a script of scripts, too deep.')
})

test('a program with rights of its own is refused, since the loader would ignore the shim', async () => {
  // Another user's file with the bit: made by root, found elsewhere by anybody else.
  const program = process.geteuid?.() === 0 ? join(dir, 'setgid') : '/usr/bin/passwd'
  if (program.startsWith(dir)) {
    const { copyFile, chown } = await import('node:fs/promises')
    await copyFile('/bin/cat', program)
    await chown(program, 65534, 65534)
    await chmod(program, 0o4755)
    expect(await look('./setgid')).toMatch('is setuid (to user 65534), so the loader ignores the shim')
    await chmod(program, 0o2755)
    expect(await look('./setgid')).toMatch('is setgid (to group 65534), so the loader ignores the shim')
  } else {
    expect(await look(program)).toMatch('is setuid (to user 0), so the loader ignores the shim')
  }
})

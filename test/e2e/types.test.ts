import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { buildPackage, packageName } from './package.ts'

const resolve = createRequire(import.meta.url).resolve
const packageOf = (name: string): string => dirname(resolve(`${name}/package.json`))
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vsw-types-'))
  await mkdir(join(dir, 'node_modules/@types'), { recursive: true })
  await symlink(await buildPackage(), join(dir, 'node_modules', packageName))
  await symlink(packageOf('vitest'), join(dir, 'node_modules/vitest'))
  await symlink(packageOf('@types/node'), join(dir, 'node_modules/@types/node'))
  const compilerOptions = { strict: true, module: 'nodenext', target: 'es2022', noEmit: true, types: ['node'] }
  await writeFile(join(dir, 'package.json'), '{ "type": "module" }')
  await writeFile(
    join(dir, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { ...compilerOptions, skipLibCheck: true, lib: ['es2023', 'esnext.disposable'] },
    }),
  )
})
afterAll(() => rm(dir, { recursive: true }))

/** Errors of a project with these files, as `file(line): code`. */
async function compile(files: Record<string, string>): Promise<string[]> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text)
  const compiler = join(packageOf('typescript'), 'bin/tsc')
  const output = await new Promise<string>((settle) =>
    execFile(process.execPath, [compiler, '-p', dir], { cwd: dir }, (_, stdout) => settle(stdout)),
  )
  return [...output.matchAll(/^(\S+)\((\d+),\d+\): error (TS\d+): .*$/gm)].map(
    ([, file, line, code]) => `${file}(${line}): ${code}`,
  )
}

test('options, fixtures and matchers are typed', async () => {
  const errors = await compile({
    'vitest.config.ts': `import { defineConfig } from 'vitest/config'
import type {} from 'vitest-environment-socket-wrapper'
import socketWrapper from 'vitest-environment-socket-wrapper/plugin'
export default defineConfig({
  plugins: [socketWrapper()],
  test: { environment: 'socket-wrapper', environmentOptions: { 'socket-wrapper': { keep: 'always', hosts: ['web'] } } },
})
export const wrong = defineConfig({
  test: { environmentOptions: { 'socket-wrapper': { keep: 'sometimes' } } },
})
`,
    'a.test.ts': `import { expect, test, type Pass, type Running } from 'vitest-environment-socket-wrapper/test'
test('typed', async ({ network }) => {
  await using server: Running = await network.host('web').spawn('node', ['server.js'], { ready: { port: 80 } })
  const pass: Pass = await network.nextPass({ from: server, timeoutMs: 100 })
  expect(pass).toRecreateSocketInfo()
  expect(pass.received).toHaveSocketInfo({ type: 'stream', local: { port: 80 } })
  expect(network.sockets[0]).not.toBeListeningOn(80)
  expect(server.port).toBe(80)
  await network.spawn(80)
  expect(pass).toHaveSocketInfo({ type: 'tcp' })
})
`,
  })
  expect(errors).toEqual(['a.test.ts(9): TS2345', 'a.test.ts(10): TS2322', 'vitest.config.ts(9): TS2769'])
})

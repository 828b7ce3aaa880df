import { chmod, chown, copyFile, rm } from 'node:fs/promises'
import { expect, onTestFinished, test } from 'vitest'

import { compileProgram, run } from '../helpers.ts'
import { type Outcome, runVitest } from './project.ts'

/** Tests of a project of its own, by title: what each starts with `sh -c`, and whether it fails for another reason as well. */
const cases = {
  'a static server': { script: '$STATIC listen & wait' },
  'a static daemon, whose parent is gone': { script: '$STATIC listen daemon & wait; sleep 60' },
  'raw system calls': { script: '$RAW & wait' },
  'sockets of io_uring': { script: '$RING & wait' },
  'an empty environment through a static program': {
    script: '$STATIC exec /bin/sh -c "echo ready; /bin/sleep 60; :" & wait',
    fails: true,
  },
  'a setuid program': { script: '$SETUID & wait' },
  'a static helper that lives on': { script: '$STATIC idle & wait' },
  'a static helper that lives on in a test that fails': { script: '$STATIC idle & wait', fails: true },
  'a static helper that ends': { script: '$STATIC end; sleep 60' },
  'exec again and again': { script: 'while true; do /bin/true; echo ready; done' },
}

const isRoot = process.getuid?.() === 0
const nobody = 65534

/** A copy that runs as another user; of a test that is not root's, as its own, which changes nothing. */
async function makeSetuid(program: string): Promise<string> {
  const copy = `${program}-setuid-${process.pid}`
  onTestFinished(() => rm(copy, { force: true }))
  await copyFile(program, copy)
  if (isRoot) await chown(copy, nobody, nobody)
  await chmod(copy, 0o4755)
  return copy
}

async function outcome(options = ''): Promise<Outcome> {
  const [staticProgram, raw, ring, plain] = await Promise.all([
    compileProgram('under/escape_static'),
    compileProgram('under/escape_raw'),
    compileProgram('under/escape_ring'),
    compileProgram('under/escape_setuid'),
  ])
  const env = { STATIC: staticProgram, RAW: raw, RING: ring, SETUID: await makeSetuid(plain) }
  const tests = Object.entries(cases).map(
    ([title, { script, ...more }]) => `
      test(${JSON.stringify(title)}, async ({ network }) => {
        await network.spawn('sh', ['-c', ${JSON.stringify(script)}], { ready: /ready/ })
        ${'fails' in more ? "throw new Error('of its own')" : ''}
      })`,
  )
  return runVitest({
    files: {
      'escapes.test.ts': `import { test } from 'vitest-environment-socket-wrapper/test'\n${tests.join('\n')}`,
    },
    config: options,
    env,
  })
}

/** The message without what differs from run to run. */
function told({ tests }: Outcome, title: keyof typeof cases): string {
  const message = tests[title]?.message ?? 'no such test'
  return message
    .replaceAll(/pid \d+/g, 'pid N')
    .replaceAll(/:\d+ listening/g, ':N listening')
    .replaceAll(/\n +at .*/g, '')
}

test('T1: what is outside of the network is named, and fails the test when it holds sockets of the real one', async () => {
  const found = await outcome()
  const message = `T1: not everything that this test started is in its network.
  - Process "escape_static" (pid N) is a static binary, which loads no shim and would reach the real network. It holds tcp 127.0.0.1:N listening of the real network. Use a build that is linked dynamically (Go: \`CGO_ENABLED=1 go build -ldflags=-linkmode=external\`).
To let such processes be: environmentOptions['socket-wrapper'].rules = { T1: 'off' }.`
  expect(told(found, 'a static server')).toContain(message)
  expect(told(found, 'a static daemon, whose parent is gone')).toContain(message)
  expect(told(found, 'raw system calls')).toContain(
    'Process "escape_raw" (pid N) is under the shim, and makes system calls without libc (Go, io_uring, a raw syscall instruction). It holds tcp 127.0.0.1:N listening of the real network.',
  )
  // Some machines have none.
  const { lines } = await run({ command: await compileProgram('under/escape_ring'), args: ['probe'] })
  if (lines.includes('rings'))
    expect(told(found, 'sockets of io_uring')).toContain(
      'Process "escape_ring" (pid N) is under the shim, and makes system calls without libc (Go, io_uring, a raw syscall instruction). It holds tcp 127.0.0.1:N listening of the real network.',
    )
  if (isRoot)
    expect(told(found, 'a setuid program')).toContain(
      'Process "escape_setuid-s" (pid N) is setuid (to user 65534), so the loader ignores the shim and it would reach the real network. It holds tcp 127.0.0.1:N listening of the real network. Start a copy without that bit.',
    )
  else expect(found.tests['a setuid program']).toMatchObject({ state: 'passed' })
  // Without sockets it is told where the test has failed anyway: it may be why.
  expect(told(found, 'an empty environment through a static program')).toContain(
    'Process "sh" (pid N) was started without LD_PRELOAD by a program that is not under the shim itself.',
  )
  expect(told(found, 'a static helper that lives on in a test that fails')).toContain(
    'Process "escape_static" (pid N) is a static binary',
  )
  // And a helper does no harm.
  for (const title of ['a static helper that lives on', 'a static helper that ends', 'exec again and again'] as const)
    expect(found.tests[title]).toMatchObject({ state: 'passed' })
})

test("rules: { T1: 'off' } lets them be", async () => {
  const { tests } = await outcome("environmentOptions: { 'socket-wrapper': { rules: { T1: 'off' } } },")
  expect(tests['a static server']).toMatchObject({ state: 'passed' })
  expect(tests['raw system calls']).toMatchObject({ state: 'passed' })
})

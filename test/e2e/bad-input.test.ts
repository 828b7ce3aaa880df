import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'

import { buildPackage } from './package.ts'
import { runVitest } from './project.ts'

const empty = "import { test } from 'vitest'\ntest('empty', () => {})"

describe('options', () => {
  test('an unknown one and wrong types stop the run with one error that names them all', async () => {
    const { output, exitCode } = await runVitest({
      files: { 'a.test.ts': empty },
      config: "environmentOptions: { 'socket-wrapper': { kep: 'always', stopAfterMs: '5s' } },",
    })
    expect(output).toContain("environmentOptions['socket-wrapper'] is not usable:")
    expect(output).toContain('Option "kep" (value "always") is not known. Did you mean "keep"?')
    expect(output).toContain(
      'Option "stopAfterMs" must be a whole number of milliseconds from 0 to 2147483647, got "5s".',
    )
    expect(exitCode).toBe(1)
  })

  test('the plugin tells it before any worker starts', async () => {
    const { output, exitCode } = await runVitest({
      files: { 'a.test.ts': empty },
      imports: "import socketWrapper from 'vitest-environment-socket-wrapper/plugin'",
      plugins: 'socketWrapper()',
      config: "environmentOptions: { 'socket-wrapper': { keep: 7 } },",
    })
    expect(output).toContain('Option "keep" must be "failure", "always" or "never", got 7.')
    expect(output).not.toContain('Failed to start')
    expect(exitCode).toBe(1)
  })
})

describe.each(['vmForks', 'vmThreads'])('pool %s', (pool) => {
  test('says at start what to use instead', async () => {
    const { output, exitCode } = await runVitest({ files: { 'a.test.ts': empty }, config: `pool: '${pool}'` })
    expect(output).toContain(
      `The environment "socket-wrapper" can't reach the tests of a vm pool by itself. Use \`pool: 'forks'\``,
    )
    expect(exitCode).toBe(1)
  })

  test('works with the plugin', async () => {
    const { output, exitCode } = await runVitest({
      imports: "import socketWrapper from 'vitest-environment-socket-wrapper/plugin'",
      plugins: 'socketWrapper()',
      config: `pool: '${pool}'`,
      files: {
        'a.test.ts': `
import net from 'node:net'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { test as own } from 'vitest-environment-socket-wrapper/test'
test.each([1, 2])('port 80, %s', async () => {
  const server = net.createServer((socket) => socket.end('hi')).listen(80)
  await once(server, 'listening')
  expect(String((await once(net.connect(80), 'data'))[0])).toBe('hi')
})
own('fixture', async ({ network }) => {
  await network.host('web').spawn('node', ['-e', "require('http').createServer((q, r) => r.end('hi')).listen(80)"])
  expect(await (await fetch('http://web/')).text()).toBe('hi')
})`,
      },
    })
    expect(output).toContain('3 passed')
    expect(exitCode).toBe(0)
  })
})

const serve = `
import net from 'node:net'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { expect, test } from 'vitest-environment-socket-wrapper/test'
const spawn = (network) => network.host('web').spawn('node', ['-e', "console.log('words'); require('net').createServer().listen(80)"])
`

describe('directories', () => {
  test('a path is short whatever TMPDIR is', async () => {
    const long = join(tmpdir(), `vsw-${process.pid}-${'x'.repeat(200)}`)
    await mkdir(long)
    onTestFinished(() => rm(long, { recursive: true }))
    const { output, exitCode } = await runVitest({
      env: { TMPDIR: long },
      files: {
        'a.test.ts': `${serve}
test('long', async ({ network }) => {
  await spawn(network)
  expect(Buffer.byteLength(network.dir)).toBeLessThan(95)
})`,
      },
    })
    expect(output).toContain('1 passed')
    expect(exitCode).toBe(0)
  })

  test('a failed test keeps its directory and names it, a passed one does not', async () => {
    const { tests, exitCode } = await runVitest({
      files: {
        'a.test.ts': `${serve}
test('passes', async ({ network }) => { console.log('passed in ' + network.dir) })
test('fails', async ({ network }) => { await spawn(network); expect(1).toBe(2) })
test('fails, then passes', { retry: 1 }, async ({ network, task }) => { expect(task.result.retryCount).toBe(1) })
test.fails('is expected to fail', async ({ network }) => { throw new Error(network.dir) })
`,
      },
    })
    expect(exitCode).toBe(1)
    const [, dir = ''] = /The network's directory is kept: (\S+)/.exec(tests['fails']?.message ?? '') ?? []
    onTestFinished(() => rm(dir, { recursive: true, force: true }))
    expect(tests['fails']?.message).toContain('expected 1 to be 2')
    const names = await readdir(dir)
    expect(names).toContain('arena')
    expect(names).toContain('kept')
    expect(names.find((name) => /^node-\d+\.stdout$/.test(name))).toBeDefined()
    expect(tests['is expected to fail']?.state).toBe('passed')
  })

  test.each([
    ["keep: 'always'", true, true],
    ["keep: 'never'", false, false],
    ["keep: 'never', capture: 'failure'", false, true],
    ["keep: 'never', capture: 'always'", true, true],
  ])('%s', async (options, whenPassed, whenFailed) => {
    const { output } = await runVitest({
      config: `environmentOptions: { 'socket-wrapper': { ${options} } }`,
      files: {
        'a.test.ts': `${serve}
test('passes', async ({ network }) => { console.log('<passed ' + network.dir + '>') })
test('fails', async ({ network }) => { console.log('<failed ' + network.dir + '>'); throw new Error('no') })`,
      },
    })
    const dirOf = (what: string): string => new RegExp(`<${what} (.*)>`).exec(output)?.[1] ?? '(not printed)'
    const [passed, failed] = [dirOf('passed'), dirOf('failed')]
    onTestFinished(async () => {
      for (const dir of [passed, failed]) await rm(dir, { recursive: true, force: true })
    })
    expect([existsSync(passed), existsSync(failed)]).toEqual([whenPassed, whenFailed])
  })

  test('a failed test names its capture', async () => {
    const { tests } = await runVitest({
      config: "environmentOptions: { 'socket-wrapper': { capture: 'failure' } }",
      files: { 'a.test.ts': `${serve}\ntest('fails', async ({ network }) => { throw new Error(network.capture) })` },
    })
    const message = tests['fails']?.message ?? ''
    const [, dir = ''] = /The network's directory is kept: (\S+)/.exec(message) ?? []
    onTestFinished(() => rm(dir, { recursive: true, force: true }))
    expect(message).toContain(`Error: ${dir}/capture.pcapng`)
    expect(message).toContain(`What went over it: wireshark ${dir}/capture.pcapng`)
    expect(existsSync(join(dir, 'capture.pcapng'))).toBe(true)
  })

  test('one that is removed in mid-test is told, and the next test has its own', async () => {
    const { tests, output } = await runVitest({
      files: {
        'a.test.ts': `${serve}
test('removes it', async ({ network }) => {
  await spawn(network)
  await rm(network.dir, { recursive: true })
  const socket = net.connect(80, 'web')
  const [error] = await once(socket, 'error')
  console.log('<' + error.code + '>')
  const server = net.createServer().listen(81)
  console.log('<' + (await once(server, 'error'))[0].code + '>')
  console.log('<' + (await network.spawn('sleep', ['1']).catch((error) => error.code)) + '>')
})
test('goes on', async ({ network }) => { await spawn(network) })`,
      },
    })
    expect(tests['removes it']?.message).toMatch(
      /The network's directory \S+ was removed while the test used it\. Only the environment removes it/,
    )
    expect(tests['removes it']?.message).not.toContain('kept')
    expect(output).toContain('<ENETUNREACH>')
    expect(output).toContain('<EADDRNOTAVAIL>')
    expect(output).toContain('<DIRECTORY_GONE>')
    expect(output).toMatch(/socket-wrapper ERROR\[\d+\] .*: directory .* cannot be used \(errno 2\)/)
    expect(tests['goes on']?.state).toBe('passed')
  })

  test('no room for the arena is told with its base, and the next base is taken', async ({ skip }) => {
    const dir = await mkdtemp(join(tmpdir(), 'vsw-full-'))
    onTestFinished(() => rm(dir, { recursive: true }))
    for (const name of ['one', 'two', 'roomy']) await mkdir(join(dir, name))
    const installed = await buildPackage()
    await writeFile(
      join(dir, 'make.mjs'),
      `import { native } from '${installed}/dist/native.js'
import { makeDirectory } from '${installed}/dist/network/directory.js'
const shape = { records: 4096, sockets: 1024, processes: 512, abstractClients: true }
const make = (...names) => makeDirectory(names.map((name) => '${dir}/' + name), (path) => native.createArena(path, shape)).path
console.log(make('one', 'roomy'))
make('one', 'two')`,
    )
    // Two file systems of 64 KiB, in a mount namespace of their own.
    const mount = `for name in one two; do mount -t tmpfs -o size=64k none ${dir}/$name || exit 77; done`
    const unshare = ['unshare', process.geteuid?.() === 0 ? '-m' : '-rm', '--', 'sh', '-c']
    const { status, stdout, stderr } = spawnSync(
      unshare[0] ?? '',
      [...unshare.slice(1), `${mount}; exec "$@"`, 'sh', process.execPath, join(dir, 'make.mjs')],
      { encoding: 'utf8' },
    )
    skip(status === 77 || status === null || /unshare failed/.test(stderr), 'nobody may mount here')
    expect(stdout).toMatch(new RegExp(`^${dir}/roomy/vsw-`))
    expect(stderr).toMatch(/No directory for a network can be made\.[^]*\/one: ENOSPC[^]*\/two: ENOSPC/)
    expect(status).toBe(1)
  })
})

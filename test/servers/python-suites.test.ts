// Python's own tests of what talks over sockets, on the machine and in a network: what fails on the machine may fail in the network.
import { expect, test } from 'vitest'

import { createArena, run, shimEnvironment, withDirectory, type Result } from '../helpers.ts'

const suites = [
  'test_asyncore',
  'test_httplib',
  'test_httpservers',
  'test_poplib',
  'test_smtplib',
  'test_urllib2_localnet',
  'test_xmlrpc',
]

const timeoutMs = 120_000

const runSuite = (suite: string, env: Readonly<Record<string, string>>): Promise<Result> =>
  withDirectory((cwd) => run({ command: '/usr/bin/python3', args: ['-m', 'test', '-v', suite], env, cwd, timeoutMs }))

const failed = ({ lines, stderr }: Result): readonly string[] =>
  [...lines, ...stderr.split('\n')].filter((line) => /^(FAIL|ERROR): /.test(line)).sort()

test.each(suites)('%s', { timeout: 2 * timeoutMs }, async (suite) => {
  await withDirectory(async (directory) => {
    await createArena(directory)
    const network = shimEnvironment(directory, { SOCKET_WRAPPER_IPV4_NETWORK: '10.53.57.0' })
    const [onMachine, inNetwork] = await Promise.all([{}, network].map((env) => runSuite(suite, env)))
    if (!onMachine || !inNetwork) throw new Error('two runs have two results')
    const more = failed(inNetwork).filter((line) => !failed(onMachine).includes(line))
    expect(more).toEqual([])
    expect(inNetwork.lines.find((line) => line.startsWith('Ran '))?.split(' in ')[0]).toMatch(/^Ran [1-9]\d* tests$/)
    expect(inNetwork.status).toBe(onMachine.status)
  })
})

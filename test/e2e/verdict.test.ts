import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runVitest } from './project.ts'

/** A server that passes its connection to a socket nobody reads. */
const file = `
import { connect } from 'node:net'
import { test, expect } from 'vitest-environment-socket-wrapper/test'

const program = \`
import socket, sys
listener = socket.create_server(("0.0.0.0", 80))
connection, _ = listener.accept()
ours, theirs = socket.socketpair(socket.AF_UNIX)
socket.send_fds(ours, [b"x"], [connection.fileno()])
connection.close()
print("sent", flush=True)
sys.stdin.read()
\`

async function leak(network, options) {
  const server = await network.host('web').spawn('python3', ['-c', program], options)
  connect(80, 'web').on('error', () => undefined)
  await server.stdout.lines().next()
}

test('leaks', async ({ network }) => {
  await leak(network)
})

test('allows it', { meta: { socketWrapperRules: { L1: 'warn' } } }, async ({ network }) => {
  await leak(network)
  expect(network.findings).toMatchObject([{ rule: 'L1', level: 'warn' }])
  expect(() => expect(network).toHaveNoLeaks()).toThrow('L1 lost in flight')
  expect(network).toHaveNoRaces()
})

test('allows it to one process', async ({ network }) => {
  await leak(network, { leaks: 'off' })
  expect(network).toHaveNoLeaks()
})

test('allows what never happens', async ({ network }) => {
  await leak(network, { leaks: 'off', share: 'accept' })
})

test('misspells an allowance', async ({ network }) => {
  await leak(network, { share: 'read' })
})

test('misspells a rule', { meta: { socketWrapperRules: { L111: 'warn' } } }, () => undefined)

test('is clean', async ({ network }) => {
  await network.spawn('python3', ['-c', 'import socket, sys; socket.create_server(("", 80)); sys.stdin.read()'])
  expect(network).toHaveNoLeaks()
})
`

test('a test that leaks fails at its end, with the socket’s history, where its server was started', async () => {
  const { tests, output } = await runVitest({
    files: { 'leak.test.ts': file },
    config: "testTimeout: 60_000, environmentOptions: { 'socket-wrapper': { graceMs: 100 } }",
  })
  expect(tests['allows it']?.message).toBe('')
  expect(tests['allows it to one process']?.message).toBe('')
  expect(tests['misspells an allowance']?.message).toContain('Option "share"')
  expect(tests['allows what never happens']?.message).toBe('')
  expect(tests['is clean']?.state).toBe('passed')
  expect(tests['leaks']?.state).toBe('failed')
  const message = (tests['leaks']?.message ?? '')
    .replaceAll(/\[\d+\]/g, '[pid]')
    .replaceAll(/:\d{5}\b/g, ':port')
    .replaceAll(/socket #\d+/g, 'socket #n')
    .replaceAll(/\+\d+\.\d ms/g, '+n ms')
    .replaceAll(/ +(?=\+n)/g, '    ')
    .replace(/kept: \S+/, 'kept: DIR')
    .replaceAll(/\n +at .*/g, '')
  expect(message).toMatchInlineSnapshot(`
    "SocketWrapperError: Sockets of this test leaked, or were used by two processes (L1 lost in flight).

    L1 lost in flight: socket #n web:80 ← test:port
      python3[pid] fd 4 sent it, and nobody received it.
        +n ms  python3[pid] fd 4  accept from fd 3, peer 10.53.57.1:port
        +n ms  python3[pid] fd 4  passed → in flight
        +n ms  python3[pid] fd 4  close of its last descriptor
      A socket was sent, and nobody had received it when the test ended. To allow it: environmentOptions['socket-wrapper'].rules = { L1: 'warn' }

    The network's directory is kept: DIR"
  `)
  const [, dir = ''] = /kept: (\S+)/.exec(tests['leaks']?.message ?? '') ?? []
  expect(readFileSync(join(dir, 'findings.md'), 'utf8')).toContain('```mermaid\nsequenceDiagram\n')
  expect(output).toContain("const server = await network.host('web').spawn(")
  expect(tests['misspells a rule']?.message).toContain('Option "rules.L111" (value "warn") is not known.')
})

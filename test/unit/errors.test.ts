import { expect, test } from 'vitest'

import { isSocketWrapperError, SocketWrapperError } from '../../src/errors.ts'

test('an error has its code, its details and its cause', () => {
  const cause = new Error('ENOSPC')
  const error = new SocketWrapperError('DIRECTORY_GONE', { dir: '/dev/shm/x' }, { cause })
  expect(error).toMatchObject({ name: 'SocketWrapperError', code: 'DIRECTORY_GONE', cause })
  expect(error.details).toEqual({ dir: '/dev/shm/x' })
  expect(Object.keys(error)).not.toContain('details')
  expect(isSocketWrapperError(error)).toBe(true)
  expect(isSocketWrapperError(cause)).toBe(false)
})

const process = {
  program: 'node server.js',
  pid: 412,
  how: 'ended with code 1',
  stderr: ['line one', 'line two'],
  stdout: ['started'],
}

test('messages of processes say which, what, the last lines, and what to do', () => {
  const messages = [
    new SocketWrapperError('EXITED_BEFORE_READY', { ...process, expected: 'listened' }),
    new SocketWrapperError('EXITED_BEFORE_READY', { ...process, expected: 'listened', stderr: [] }),
    new SocketWrapperError('EXITED_BEFORE_READY', { ...process, expected: 'listened', stderr: [], stdout: [] }),
    new SocketWrapperError('ADDRESS_REFUSED', {
      ...process,
      address: '[::]:80',
      reason: 'EADDRINUSE',
      holder: '"node" (pid 7)',
    }),
    new SocketWrapperError('READY_TIMEOUT', {
      ...process,
      timeoutMs: 4700,
      expected: 'listened',
      seen: ['bind udp 0.0.0.0:53'],
    }),
    new SocketWrapperError('NOT_UNDER_SHIM', { ...process, reason: 'why' }),
    new SocketWrapperError('PASS_TIMEOUT', { filter: ' from "node" (pid 7)', timeoutMs: 100, seen: [] }),
  ].map(({ message }) => message)
  expect(messages.join('\n\n')).toMatchInlineSnapshot(`
    "Process "node server.js" (pid 412) ended with code 1 before it listened. Last lines of its stderr:
      | line one
      | line two

    Process "node server.js" (pid 412) ended with code 1 before it listened. Its stderr is empty. Last lines of its stdout:
      | started

    Process "node server.js" (pid 412) ended with code 1 before it listened. It has written nothing.

    Process "node server.js" (pid 412) ended with code 1: bind to [::]:80 gave EADDRINUSE, held by "node" (pid 7). Last lines of its stderr:
      | line one
      | line two

    Process "node server.js" (pid 412) never listened within 4700 ms. What it did instead:
      - bind udp 0.0.0.0:53
    Last lines of its stderr:
      | line one
      | line two
    Raise readyTimeoutMs, or say with \`ready\` what to wait for.

    Process "node server.js" (pid 412) ended with code 1, and is not under the shim: why. Whatever it opened was on the real network. Last lines of its stderr:
      | line one
      | line two

    No pass from "node" (pid 7) was received within 100 ms. The network has seen no pass at all."
  `)
})

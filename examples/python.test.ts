import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest-environment-socket-wrapper/test'

test.for(['send_fds.py', 'reduction.py'])(
  '%s passes each accepted connection to a worker',
  async (program, { network }) => {
    const server = await network.host('web').spawn('python3', [join(import.meta.dirname, 'python', program)])
    expect(server).toBeListeningOn({ address: '0.0.0.0', port: 80 })

    for (let request = 0; request < 4; request++) {
      const answer = await text(connect(80, 'web'))

      const pass = await network.nextPass()
      expect(pass).toRecreateSocketInfo()
      expect(pass).toHaveSocketInfo({ type: 'stream', local: { address: '10.53.57.2', port: 80 }, state: 'connected' })
      expect(answer).toBe(`worker ${pass.to?.pid} for 10.53.57.1\n`)
    }
  },
)

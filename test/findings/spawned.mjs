// A server that starts another program: this one again, as a helper.
import { spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { isWrong, runJob, serverOn, takeInput } from './head.mjs'

/** As inetd: the program has the connection as its input, and should have nothing else. */
const inherited = {
  async run() {
    const server = serverOn(80)
    const connection = await server.nextClient()
    const stdio = [connection, 'pipe', 'inherit', ...(isWrong ? [server._handle.fd] : [])]
    const helper = spawn(process.execPath, [process.argv[1], 'reading', 'right'], { stdio })
    connection.destroy()
    await new Promise((resolve) => helper.stdout.once('data', resolve))
  },
}

const reading = {
  run() {
    setInterval(() => {}, 1000)
    return takeInput(new Socket({ fd: 0 }))
  },
}

await runJob({ inherited, reading })

// A server that does its work alone.
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { closeSync } from 'node:fs'
import { isWrong, runJob, serverOn, startWorker, takeInput } from './head.mjs'

const stale = {
  async run() {
    const connection = await serverOn(80).nextClient()
    await takeInput(connection)
    const { fd } = connection._handle
    connection.destroy()
    await once(connection, 'close')
    if (!isWrong) return
    try {
      closeSync(fd)
    } catch {}
  },
}

const growing = {
  async run() {
    const server = serverOn(80)
    for (;;) {
      const connection = await server.nextClient()
      await takeInput(connection)
      if (!isWrong) await once(connection.destroy(), 'close')
      console.log('served')
    }
  },
}

/** A child that listens is told to end, or killed. */
const killed = {
  work() {
    const server = serverOn(81)
    server.on('listening', () => process.send('up'))
    process.on('message', () => server.close(() => process.exit()))
  },
  async run() {
    const server = serverOn(80)
    const worker = await startWorker()
    if (isWrong) worker.kill('SIGKILL')
    else worker.send('end')
    await once(worker, 'exit')
    await takeInput(await server.nextClient())
  },
}

/** What a server starts in a session of its own lives on when the server has ended. */
const daemonized = {
  async run() {
    await takeInput(await serverOn(80).nextClient())
    const child = spawn('sh', ['-c', 'echo up; exec sleep 60'], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
    await once(child.stdout, 'data')
    if (!isWrong) {
      child.kill()
      await once(child, 'exit')
    }
    console.log('ready')
    process.exit()
  },
}

/** More sockets at a time than a network has room for. */
const crowded = {
  async run() {
    await takeInput(await serverOn(80).nextClient())
    for (let each = 0; each < 1200; each++) {
      const datagrams = createSocket('udp4').bind(0)
      await once(datagrams, 'listening')
      if (!isWrong) datagrams.close()
    }
  },
}

await runJob({ stale, growing, killed, daemonized, crowded })

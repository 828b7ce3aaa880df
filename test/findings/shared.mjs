// A parent and a child that both have a connection, which the child inherits as its fourth descriptor.
import { Socket } from 'node:net'
import { hear, isWrong, runJob, serve, serverOn, startWorker, takeInput } from './head.mjs'

const scene = async () => {
  const connection = await serverOn(80).nextClient()
  const stdio = ['inherit', 'inherit', 'inherit', connection, 'ipc']
  return { connection, worker: await startWorker({ stdio }) }
}

/** In a worker, once it is asked. */
function work() {
  const connection = new Socket({ fd: 3 })
  process.on('message', () => void serve(connection))
  process.send('up')
}

const bothRead = {
  work,
  async run() {
    const { connection, worker } = await scene()
    if (!isWrong) connection.destroy()
    worker.send('serve')
    await hear(worker)
    if (isWrong) await takeInput(connection)
  },
}

/** The child reads; the parent writes, and wants to have written. */
const flipped = {
  work,
  async run() {
    const { connection, worker } = await scene()
    worker.send('serve')
    await hear(worker)
    if (isWrong) connection._handle.setBlocking(true)
    await new Promise((resolve) => connection.write('hi', resolve))
  },
}

await runJob({ 'both-read': bothRead, flipped })

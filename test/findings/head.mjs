// What the programs here share. Each is run as `program <job> wrong` or `program <job> right`: the same work with a defect, and without.
import { fork } from 'node:child_process'
import { on, once } from 'node:events'
import { createServer } from 'node:net'

const [, file, job, manner, role] = process.argv
export const isWrong = manner === 'wrong'

export function serverOn(port, options = { pauseOnConnect: true }) {
  const server = createServer(options).listen(port)
  const clients = on(server, 'connection')
  return Object.assign(server, {
    async nextClient() {
      const { value } = await clients.next()
      return value[0].on('error', () => {})
    },
  })
}

/** A part of what a client says: a socket that is paused stops to read when its buffer is full. */
export async function takeInput(connection) {
  connection.resume()
  await once(connection, 'data')
  connection.pause()
}

export async function startWorker(options) {
  const worker = fork(file, [job, manner, 'worker'], options)
  await once(worker, 'message')
  return worker
}

/** The worker tells that it has done its part. */
export const hear = (worker) => once(worker, 'message')
export const tell = () => process.send('done')

/** In a worker: calls for each handle that it is sent. */
export function take(work) {
  process.on('message', (_word, handle) => work(handle?.on?.('error', () => {}) ?? handle))
  process.send('up')
}

/** In a worker. */
export async function serve(connection) {
  await takeInput(connection)
  connection.write('hi', tell)
}

/** Each job has the part of the server, `run`, and may have another one that a worker does. */
export async function runJob(jobs) {
  if (role === 'worker') return jobs[job].work()
  await jobs[job].run()
  console.log('ready')
}

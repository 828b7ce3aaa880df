// A master accepts connections and passes them to workers.
import { once } from 'node:events'
import { closeSync } from 'node:fs'
import { createServer } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { hear, isWrong, runJob, serve, serverOn, startWorker, take, takeInput, tell } from './head.mjs'

async function scene(options) {
  const worker = await startWorker()
  const server = serverOn(80, options)
  return { worker, server, connection: await server.nextClient() }
}

async function handOver({ worker, connection }, options) {
  worker.send('take', connection, options)
  await hear(worker)
}

const serving = () => take(serve)

const served = { work: serving, run: async () => handOver(await scene()) }

const lost = {
  work() {
    if (isWrong) process.send('up', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0))
    else serving()
  },
  async run() {
    const { worker, connection } = await scene()
    await new Promise((resolve) => worker.send('take', connection, resolve))
    if (!isWrong) await hear(worker)
  },
}

const kept = []
const unused = {
  work: () =>
    take((handle) => {
      kept.push(handle)
      if (isWrong) tell()
      else void serve(handle)
    }),
  async run() {
    const { worker, connection } = await scene()
    // A handle without a net.Socket around it, which would begin to read.
    await handOver({ worker, connection: isWrong ? connection._handle : connection })
    connection.destroy()
  },
}

const retained = {
  work: serving,
  run: async () => handOver(await scene(), { keepOpen: isWrong }),
}

/** Its number is closed behind the back of the event loop. */
const ghost = {
  work: () => take((connection) => connection.write('hi', tell)),
  async run() {
    const { worker, connection } = await scene({})
    for (let turns = 0; turns < 2; turns++) await setImmediate() // now it is in the epoll
    await handOver({ worker, connection }, { keepOpen: isWrong })
    if (isWrong) closeSync(connection._handle.fd)
  },
}

const usedAfter = {
  work: serving,
  async run() {
    const { worker, connection } = await scene()
    await handOver({ worker, connection }, { keepOpen: isWrong })
    if (isWrong) await takeInput(connection)
    connection.destroy()
  },
}

const bothWorkers = {
  work: serving,
  async run() {
    const workers = [await startWorker(), await startWorker()]
    const server = serverOn(80)
    const [first, second] = [await server.nextClient(), await server.nextClient()]
    await handOver({ worker: workers[0], connection: first }, { keepOpen: isWrong })
    await handOver({ worker: workers[1], connection: isWrong ? first : second })
  },
}

const readAhead = {
  work: serving,
  async run() {
    const { worker, connection } = await scene()
    if (isWrong) {
      await takeInput(connection)
      while (connection._handle.reading) await setImmediate()
    }
    await handOver({ worker, connection })
  },
}

/** Takes so many clients, and no more: closed where the event loop would go on to accept. */
function takeClients(server, count) {
  return new Promise((resolve) => {
    let left = count
    server.on('connection', (connection) => {
      if (--left === 0) server.close()
      void takeInput(connection).then(() => left === 0 && resolve())
    })
  })
}
const bothAccept = {
  work: () => take((server) => void takeClients(server, isWrong ? 1 : 2).then(tell)),
  async run() {
    const worker = await startWorker()
    const server = createServer().listen(80)
    await once(server, 'listening')
    worker.send('take', server)
    if (!isWrong) server.close()
    await Promise.all([hear(worker), isWrong && takeClients(server, 1)])
  },
}

const shutDown = {
  work: () =>
    take(async (connection) => {
      await serve(connection)
      if (!isWrong) connection.end()
    }),
  async run() {
    const { worker, connection } = await scene()
    await handOver({ worker, connection }, { keepOpen: isWrong })
    if (isWrong) await new Promise((resolve) => connection.end(resolve))
    connection.destroy()
  },
}

await runJob({
  served,
  lost,
  unused,
  retained,
  ghost,
  'used-after': usedAfter,
  'both-workers': bothWorkers,
  'read-ahead': readAhead,
  'both-accept': bothAccept,
  'shut-down': shutDown,
})

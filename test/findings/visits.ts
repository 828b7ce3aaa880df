// What a test does with a program of the matrix, once it listens.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Network } from '../../src/fixtures/network.ts'
import type { Running } from '../../src/process/running.ts'

export type Visit = (network: Network, server: Running) => Promise<void>

/** More than anybody takes at a time. */
const words = 'hello, all of you\n'.repeat(30_000)

async function visit(): Promise<Socket> {
  const client = connect(80, 'web').on('error', () => undefined)
  await once(client, 'connect')
  return client
}

async function lineOf(server: Running, wanted: string): Promise<void> {
  for await (const line of server.stdout.lines()) if (line === wanted) return
  throw new Error(`${server.program} ended without "${wanted}": ${server.stdout.text()}${server.stderr.text()}`)
}

/** Clients that say something as they come; then the program tells that its work is done. */
export const clients =
  (count: number): Visit =>
  async (_network, server) => {
    for (let each = 0; each < count; each++) (await visit()).write(words)
    await lineOf(server, 'ready')
  }

/** They come when the listener has a second holder. */
export const clientsAfterPass =
  (count: number): Visit =>
  async (network, server) => {
    await network.nextPass()
    await clients(count)(network, server)
  }

/** Says nothing before it has heard something. */
export const answeringClient: Visit = async (_network, server) => {
  const client = await visit()
  client.on('data', () => client.write(words))
  await lineOf(server, 'ready')
}

export const silentClient: Visit = async (_network, server) => {
  await visit()
  await lineOf(server, 'ready')
}

/** The program ends when its work is done. */
export const lastClient: Visit = async (network, server) => {
  await clients(1)(network, server)
  await server.exited
}

/** Some clients, and a checkpoint, several times. */
export const checkpoints: Visit = async (network, server) => {
  const lines = server.stdout.lines()
  for (let round = 0; round < 3; round++) {
    for (let each = 0; each < 4; each++) {
      const client = await visit()
      client.write(words)
      const { value } = await lines.next()
      if (value !== 'served') throw new Error(`${server.program} said ${String(value)}`)
      client.destroy()
    }
    network.checkpoint()
  }
}

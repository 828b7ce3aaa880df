// What a test does with a program of the matrix, once it listens.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Network } from '../../src/fixtures/network.ts'
import type { Running } from '../../src/process/running.ts'

export type Visit = (network: Network, server: Running) => Promise<void>

/** More than anybody takes at a time. */
const words = 'hello, all of you\n'.repeat(30_000)

async function visit(isSilent = false): Promise<Socket> {
  const client = connect(80, 'web').on('error', () => undefined)
  await once(client, 'connect')
  if (!isSilent) client.write(words)
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
    for (let each = 0; each < count; each++) await visit()
    await lineOf(server, 'ready')
  }

export const silentClient: Visit = async (_network, server) => {
  await visit(true)
  await lineOf(server, 'ready')
}

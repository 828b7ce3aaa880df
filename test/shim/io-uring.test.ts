import { expect, test } from 'vitest'

import { createArena, run, shimEnvironment, withDirectory } from '../helpers.ts'

/** A server and a client, and files, which libuv would rather read by io_uring; and whether it has one. */
const script = `
  import { readFile } from 'node:fs/promises'
  import { readdirSync, readlinkSync } from 'node:fs'
  import { createServer } from 'node:http'
  const server = createServer(async (_, response) => response.end(await readFile('/proc/self/mounts', 'utf8')))
  server.listen(80, async () => {
    console.log(server.address().port, (await (await fetch('http://127.0.0.1/')).text()).includes('/proc'))
    const links = readdirSync('/proc/self/fd').map((fd) => { try { return readlinkSync('/proc/self/fd/' + fd) } catch { return '' } })
    console.log('rings', links.filter((link) => link.includes('io_uring')).length)
    process.exit(0)
  })`

test('node with UV_USE_IO_URING=1 goes on without it', () =>
  withDirectory(async (directory) => {
    await createArena(directory)
    const env = shimEnvironment(directory, { UV_USE_IO_URING: '1', SOCKET_WRAPPER_IPV4_NETWORK: '10.53.57.0' })
    const args = ['--input-type=module', '--eval', script]
    expect(await run({ command: process.execPath, args, env })).toEqual({
      lines: ['80 true', 'rings 0'],
      status: 'exit 0',
      stderr: '',
    })
  }))

// A server that starts a program outside of its network: this one again.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { isWrong, runJob, serverOn, takeInput } from './head.mjs'

const escaped = {
  async run() {
    await takeInput(await serverOn(80).nextClient())
    const env = { ...process.env }
    if (isWrong) delete env.LD_PRELOAD
    const stdio = ['ignore', 'pipe', 'inherit']
    const helper = spawn(process.execPath, [process.argv[1], 'listening', 'right'], { env, stdio })
    await once(helper.stdout, 'data')
  },
}

const listening = { run: () => once(createServer().listen(0, '127.0.0.1'), 'listening') }

await runJob({ escaped, listening })

// A server that starts a program without the shim.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { isWrong, runJob, serverOn, takeInput } from './head.mjs'

const escaped = {
  async run() {
    await takeInput(await serverOn(80).nextClient())
    const name = isWrong ? 'listening' : 'idle'
    const helper = spawn(process.env.FINDINGS_STATIC, [name, 'right'], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(helper.stdout, 'data')
  },
}

await runJob({ escaped })

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

import { compileProgram, plainEnvironment } from '../helpers.ts'

/** A process that plays programs, one after the other. */
export type Player = {
  /** The transcript of one program. `isFresh`: in processes that have played none before. */
  play(program: readonly string[], isFresh: boolean): Promise<readonly string[]>
  end(): Promise<void>
}

export async function startPlayer(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Player> {
  const child = spawn(await compileProgram('under/play'), args, {
    env: { ...plainEnvironment(), ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) =>
    child.on('close', () => {
      resolve()
    }),
  )
  child.stdin.on('error', () => {}) // an ended player shows in its transcript
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async play(program, isFresh) {
      child.stdin.write(`${isFresh ? '!' : ''}${program.join('; ')}\n`)
      const transcript: string[] = []
      for (;;) {
        const { value, done } = await lines.next()
        if (done === true) throw new Error(`the player ended after ${JSON.stringify(transcript)}`)
        if (value === '.') return transcript
        transcript.push(value)
      }
    },
    async end() {
      child.stdin.end()
      await ended
    },
  }
}

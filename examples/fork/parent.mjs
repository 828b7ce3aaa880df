// Accepts connections and gives each one away to a child. With --keep-open it keeps a descriptor of its own, and has the last word.
import { fork } from 'node:child_process'
import { createServer } from 'node:net'

const keepOpen = process.argv.includes('--keep-open')
const child = fork(new URL('child.mjs', import.meta.url), process.argv.slice(2))
const server = createServer({ pauseOnConnect: true }, (socket) => {
  child.send('connection', socket, { keepOpen })
  if (keepOpen) child.once('message', () => socket.end(`parent ${process.pid} has it too\n`))
})
server.listen(80)

// Binds a UDP socket and gives it to a child, which answers from then on.
import { fork } from 'node:child_process'
import { createSocket } from 'node:dgram'

const child = fork(new URL('answer.mjs', import.meta.url))
const socket = createSocket('udp4')
socket.bind(5353, () => child.send('socket', socket, () => socket.close()))

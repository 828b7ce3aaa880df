// Binds a UDP socket and gives it to a child. Its own copy is closed when the child answers: until then, either could get a datagram.
import { fork } from 'node:child_process'
import { createSocket } from 'node:dgram'

const child = fork(new URL('answer.mjs', import.meta.url))
const socket = createSocket('udp4')
socket.bind(5353, () => child.send('socket', socket))
child.once('message', () => socket.close(() => console.log('given away')))

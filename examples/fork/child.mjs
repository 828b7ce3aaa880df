// Answers on the connections that its parent sends. It opens no socket itself, so the first one of this process is a received one.
process.on('message', (_message, socket) => {
  const greeting = `child ${process.pid} talks to ${socket.remoteAddress} port ${socket.remotePort}\n`
  if (process.argv.includes('--keep-open')) socket.write(greeting, () => process.send('answered'))
  else socket.end(greeting)
})

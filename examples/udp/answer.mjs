process.on('message', (_message, socket) => {
  socket.on('message', (question, from) => socket.send(`${question}, from ${process.pid}`, from.port, from.address))
  process.send('from now on I answer')
})

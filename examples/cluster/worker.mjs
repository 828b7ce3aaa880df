import { createServer } from 'node:http'

createServer((_request, response) => {
  response.setHeader('connection', 'close')
  response.end(String(process.pid))
}).listen(80)

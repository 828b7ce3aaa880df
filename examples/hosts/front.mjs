// A web server on port 80 that asks another one on port 80: the one whose name is in its arguments.
import { createServer } from 'node:http'

const upstream = process.argv[2]
createServer(async (request, response) => {
  const answer = upstream === undefined ? 'the end' : await (await fetch(`http://${upstream}/`)).text()
  response.end(`${request.headers.host} says: ${answer}`)
}).listen(80)

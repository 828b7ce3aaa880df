// Two clients that ask a URL again and again, each time on a connection of its own. Told to stop, they say how it went.
import http from 'node:http'

const [url] = process.argv.slice(2)
const failures = []
let answers = 0
const stop = new AbortController()
process.once('message', () => stop.abort())

function ask() {
  return new Promise((resolve) => {
    const fail = (reason) => resolve(void failures.push(String(reason)))
    http
      .get(url, { agent: false }, (response) => {
        response.on('error', fail)
        response.resume().on('end', () => {
          if (response.statusCode === 200 && response.complete) resolve(void answers++)
          else fail(`status ${response.statusCode}`)
        })
      })
      .on('error', fail)
  })
}

async function client() {
  while (!stop.signal.aborted) await ask()
}

const clients = [client(), client()]
await ask()
console.log('started')
await Promise.all(clients)
process.send({ answers, failures }, () => process.disconnect())

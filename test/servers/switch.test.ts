// @vitest-environment socket-wrapper
// Programs that start others as another user, or with an environment of their own: what they start is in the network.
import { userInfo } from 'node:os'
import { expect } from 'vitest-environment-socket-wrapper/test'

import { get, isRoot, test } from './place.ts'

const python = '/usr/bin/python3'

const server = `
import http.server, os, socket
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{os.getuid()} {'LD_PRELOAD' in os.environ} {socket.gethostbyname('web')}".encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.HTTPServer(('0.0.0.0', 80), Answer).serve_forever()
`

const nobody = 65534
const self = userInfo().uid

/** What an ordinary user may do; \`FILE\` is the server's script. */
const forAll = {
  'env -i': [self, 'env', '-i', python, 'FILE'],
  'a login shell in an empty environment': [self, 'env', '-i', 'bash', '-l', '-c', `exec ${python} FILE`],
  'exec -c': [self, 'bash', '-c', `exec -c ${python} FILE`],
  setsid: [self, 'setsid', '--wait', python, 'FILE'],
} as const

/** sudo and su are setuid; started by root that gives them nothing, so they keep the shim, and what they start gets it again. */
const forRoot = {
  'sudo -u': [nobody, 'sudo', '-u', 'nobody', python, 'FILE'],
  'sudo -i': [0, 'sudo', '-i', python, 'FILE'],
  su: [nobody, 'su', '-s', '/bin/sh', '-c', `exec ${python} FILE`, 'nobody'],
  'su -': [0, 'su', '-', '-c', `exec ${python} FILE`],
  'runuser -u': [nobody, 'runuser', '-u', 'nobody', '--', python, 'FILE'],
  setpriv: [nobody, 'setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--reset-env', python, 'FILE'],
  'start-stop-daemon': [nobody, 'start-stop-daemon', '--start', '--chuid', 'nobody', '--exec', python, '--', 'FILE'],
  'chroot of coreutils': [nobody, 'chroot', '--userspec=nobody', '/', python, 'FILE'],
} as const

test.for(Object.entries({ ...forAll, ...(isRoot ? forRoot : {}) }))(
  '%s',
  async ([, [user, command, ...args]], { network, place }) => {
    const file = await place.write('server.py', server)
    await network.host('web').spawn(
      command,
      args.map((arg) => arg.replace('FILE', file)),
    )
    expect(await get('http://web/')).toBe(`${user} True 10.53.57.2`)
  },
)

// Passes of sockets that are not what they should be: S1 to S4. And what nobody can judge.
import { aboutPass, type Finding, finding } from './finding.ts'
import { compareRecreation } from './recreation.ts'
import type { Scene } from './scene.ts'

export function findDivergent({ passes }: Scene): Finding[] {
  return passes.filter((pass) => compareRecreation(pass).kind === 'differs').map((pass) => aboutPass('S1', pass))
}

/** An attempt to take input is what tells that the receiver took the socket for another kind. */
export function findWrongState({ passes }: Scene): Finding[] {
  return passes.flatMap((pass) => {
    const { to, socket } = pass
    if (to === null || socket.info.type !== 'stream') return []
    const start = socket.history.findIndex(
      ({ op, pid, messageId, position }) =>
        op === 'passReceive' && pid === to.pid && messageId === pass.messageId && position === pass.position,
    )
    const attempt = socket.history.slice(start + 1).find(({ op, pid }) => op === 'consume' && pid === to.pid)
    const state = attempt?.info?.state
    if (start < 0 || attempt === undefined || (state !== 'open' && state !== 'bound')) return []
    return [aboutPass('S2', pass, { operations: [attempt], pid: to.pid, fd: to.fd })]
  })
}

// Numbers of <asm-generic/errno.h>; 253 is SCM_MAX_FD of unix(7).
const tooManyInFlight = -109
const noDescriptorLeft = -24
const invalid = -22
const mostDescriptors = 253

export function findLimits({ sockets }: Scene): Finding[] {
  const told = new Set<string>()
  return sockets.flatMap((socket) =>
    socket.history.flatMap((event) => {
      const { op, result, detail, pid, fd, messageId } = event
      const isLimit =
        result === tooManyInFlight || result === noDescriptorLeft || (result === invalid && detail > mostDescriptors)
      // One message has many descriptors.
      const key = `${pid} ${messageId}`
      if (op !== 'passSend' || !isLimit || told.has(key)) return []
      told.add(key)
      return [finding({ rule: 'S4', socket, operations: [event], pid, fd })]
    }),
  )
}

/** Of a long history the middle is left out, and with it who did what to a socket that several processes held. */
export function findUnjudged({ sockets }: Scene): Finding[] {
  return sockets
    .filter(({ info, historyLeftOut }) => historyLeftOut > 0 && info.type === 'stream' && info.state === 'connected')
    .filter(({ info }) => info.flags.includes('shared'))
    .map((socket) =>
      finding({
        rule: 'T3',
        socket,
        pid: 0,
        note: `${socket.historyLeftOut} events of its history are left out, so nothing can be said of its input.`,
      }),
    )
}

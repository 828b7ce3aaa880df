// Infos and events with everything filled in, for tests that care about one or two of the fields.
import type { JournalEvent } from '../../src/wire/events.ts'
import type { SocketInfo } from '../../src/wire/info.ts'

export function someInfo(fields: Partial<SocketInfo> = {}): SocketInfo {
  return {
    family: 'IPv4',
    type: 'stream',
    protocol: 'tcp',
    local: { family: 'IPv4', address: '10.53.57.2', port: 80 },
    peer: { family: 'IPv4', address: '10.53.57.1', port: 49152 },
    state: 'connected',
    options: {},
    host: 2,
    flags: ['accepted'],
    pendingError: 0,
    cookie: 1000n,
    inode: 5000n,
    version: 1,
    bornPid: 4711,
    ...fields,
  }
}

/** Events get the next sequence number and a time that grows by 0.1 ms. */
export function eventWriter(): (fields: Partial<JournalEvent> & Pick<JournalEvent, 'op'>) => JournalEvent {
  let sequence = 0n
  return (fields) => {
    sequence += 1n
    return {
      sequence,
      timeNs: sequence * 100_000n,
      pid: 4711,
      tid: fields.pid ?? 4711,
      fd: -1,
      result: 0,
      detail: 0,
      position: 0,
      messageId: 0n,
      info: null,
      text: '',
      ...fields,
    }
  }
}

export const masterPid = 4711
export const workerPid = 4712

/**
 * A server on host 2 (`web`), port 80: its master accepts connection #2 and passes it to a forked worker, which gets `received`.
 * `sent` is the info at the send.
 */
export function handedOver(
  sent: SocketInfo = someInfo(),
  received: SocketInfo | null = sent,
  envelope: SocketInfo | null = sent,
): JournalEvent[] {
  const write = eventWriter()
  const listening = someInfo({ cookie: 999n, peer: null, state: 'listening', flags: [], inode: 4999n })
  const message = { messageId: 5n, position: 0 }
  const events = [
    write({ op: 'processStart', detail: 4000, text: 'node' }),
    write({ op: 'born', fd: 10, info: { ...listening, state: 'open', local: null, version: 0 } }),
    write({ op: 'bind', fd: 10, info: { ...listening, state: 'bound' } }),
    write({ op: 'listen', fd: 10, info: { ...listening, version: 2 } }),
    write({ op: 'fork' }),
    write({ op: 'processFork', pid: workerPid, detail: masterPid }),
    write({ op: 'accept', fd: 12, detail: 10, info: sent }),
    write({ op: 'passSend', fd: 12, detail: 1, info: sent, ...message }),
  ]
  if (envelope !== null)
    events.push(write({ op: 'passEnvelope', pid: workerPid, fd: 9, detail: masterPid, info: envelope, ...message }))
  if (received !== null) events.push(write({ op: 'passReceive', pid: workerPid, fd: 9, info: received, ...message }))
  events.push(write({ op: 'drop', fd: 12, info: sent }))
  return events
}

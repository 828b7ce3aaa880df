import fc from 'fast-check'

/** The numbers of processes at the start and of ports that programs name, as in test/programs/under/play.h. */
const started = 4
const namedPorts = 4

const process = fc.nat({ max: started + 1 })
const slot = fc.nat({ max: 3 })
const kind = fc.nat({ max: 2 })
const family = fc.nat({ max: 2 })
const length = fc.integer({ min: 0, max: 1999 })
const some = fc.nat({ max: 9 })
const newPort = fc.nat({ max: namedPorts })
const knownPort = fc.nat({ max: namedPorts + 6 })

/** Weight and the numbers of each operation. */
const operations: Readonly<Record<string, readonly [weight: number, ...fc.Arbitrary<number>[]]>> = {
  socket: [3, family, fc.nat({ max: 2 }), some],
  bind: [3, slot, kind, newPort],
  listen: [2, slot],
  connect: [4, slot, kind, knownPort],
  unconnect: [1, slot],
  server: [4, family, kind, newPort],
  client: [6, family, kind, knownPort],
  accept: [6, slot, some],
  send: [6, slot, length],
  write: [2, slot, length],
  sendto: [4, slot, kind, knownPort, length],
  recv: [8, slot, length, some],
  dup: [3, slot, slot, some],
  close: [4, slot, some],
  pass: [5, process, slot, slot, some],
  take: [5, process, some],
  shutdown: [1, slot, some],
  names: [2, slot],
  poll: [2, slot],
  options: [2, slot, some, some, some],
  fork: [1],
  exec: [1],
  exit: [1, some],
  kill: [1],
}

const operation = fc.oneof(
  ...Object.entries(operations).map(([verb, [weight, ...numbers]]) => ({
    weight,
    arbitrary: fc.tuple(process, ...numbers).map(([by, ...rest]) => `${String(by)} ${[verb, ...rest].join(' ')}`),
  })),
)

/** A program of socket calls in two to four processes, a line for test/programs/under/play.c. */
export const programs: fc.Arbitrary<readonly string[]> = fc.array(operation, {
  minLength: 4,
  maxLength: 40,
  size: 'max',
})

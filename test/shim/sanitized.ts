// What cannot run under a sanitizer, whatever the shim does: scripts/sanitizers.mjs names the sanitizer in TEST_SANITIZER.
const exempt: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  address: {
    threads_cancel:
      'a cancelled thread leaves its stack without telling: what lay there stays poisoned (google/sanitizers#1399)',
    fork_forms:
      'a child of clone that shares the memory and execs leaves its stack poisoned, and the next child gets that stack',
  },
  thread: {
    threads_race: 'closes and replaces descriptors that other threads use, on purpose: each is a report',
    fork_outlives:
      'forks a hundred times with hundreds of sockets: under this sanitizer that takes longer than a program may',
    accept_closed: 'closes numbers that another thread is about to be given, on purpose: each is a report',
  },
  memory: {
    options_table: 'gives the kernel more bytes than it has set, on purpose',
  },
}

/** Why the sanitizer that the suite runs under cannot run this program; undefined: it can. */
export function exemption(program: string): string | undefined {
  return exempt[process.env['TEST_SANITIZER'] ?? '']?.[program]
}

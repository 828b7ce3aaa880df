/** A line of a program's transcript that may differ between the kernel and the shim. */
export type Difference = {
  readonly program: string
  readonly kernel: string
  readonly shim: string
  /** Only without an arena, where nothing is known of a socket but its name on disk. */
  readonly onlyBare?: true
}

export type Reason = {
  /** The two cells of its row in the README's table. */
  readonly what: string
  readonly here: string
  readonly reason: string
  readonly lines: readonly Difference[]
}

/** All that may differ. Whatever is not here is the same. */
export const differences: readonly Reason[] = [
  {
    what: 'non-blocking connect',
    here: 'different: answers at once, never EINPROGRESS',
    reason:
      'connect on a non-blocking socket answers at once, 0 or ECONNREFUSED, never EINPROGRESS: unix sockets connect without a handshake, and POSIX allows it.',
    lines: [
      { program: 'connect_nonblocking', kernel: 'connect: EINPROGRESS', shim: 'connect: 0' },
      { program: 'connect_nonblocking', kernel: 'connect again: 0', shim: 'connect again: EISCONN' },
      {
        program: 'connect_nonblocking',
        kernel: 'connect to nobody: EINPROGRESS',
        shim: 'connect to nobody: ECONNREFUSED',
      },
      { program: 'connect_nonblocking', kernel: 'SO_ERROR: ECONNREFUSED, then 0', shim: 'SO_ERROR: 0, then 0' },
    ],
  },
  {
    what: 'poll after the peer has closed',
    here: 'different: POLLHUP beside POLLIN and POLLRDHUP',
    reason:
      'poll reports POLLHUP as well as POLLIN and POLLRDHUP when the peer has closed (not when it shut down one direction): the kernel knows at once that nobody will read.',
    lines: [
      {
        program: 'connect_nonblocking',
        kernel: 'poll at the other end: IN RDHUP ',
        shim: 'poll at the other end: IN RDHUP HUP ',
      },
      { program: 'peer_gone', kernel: 'poll: IN RDHUP ', shim: 'poll: IN RDHUP HUP ' },
    ],
  },
  {
    what: 'SO_LINGER 0, RST',
    here: 'different: an ordinary end; unread bytes are ECONNRESET as in TCP',
    reason:
      'A close with SO_LINGER 0 is an ordinary end for the peer, not ECONNRESET: unix sockets have no RST. Bytes that the closer had not read are ECONNRESET, as in TCP.',
    lines: [{ program: 'peer_gone', kernel: 'hard close: recv: ECONNRESET', shim: 'hard close: recv: 0' }],
  },
  {
    what: 'shutdown(SHUT_RD)',
    here: "different: the peer's writes are EPIPE",
    reason: 'After shutdown(SHUT_RD) the peer cannot write any more (EPIPE); with TCP its bytes would be thrown away.',
    lines: [{ program: 'half_close', kernel: 'the peer still writes: 4', shim: 'the peer still writes: EPIPE' }],
  },
  {
    what: 'TIME_WAIT',
    here: 'different: there is none',
    reason:
      'There is no TIME_WAIT, and connections that are still open do not keep their server from binding again, with SO_REUSEADDR or without.',
    lines: [
      {
        program: 'bind_reuse',
        kernel: 'restart with an open connection: EADDRINUSE',
        shim: 'restart with an open connection: 0',
      },
    ],
  },
  {
    what: 'UDP after connect(AF_UNSPEC)',
    here: 'different: keeps the port that was chosen for it',
    reason:
      'A UDP socket that is disconnected keeps the port that was chosen for it: the name of a unix socket lasts as long as the socket.',
    lines: [
      {
        program: 'names_datagram',
        kernel: 'disconnected: local 0.0.0.0:0 (16 bytes)',
        shim: 'disconnected: local 0.0.0.0:wide (16 bytes)',
      },
      {
        program: 'names_datagram',
        kernel: 'disconnected: local [::]:0 (28 bytes)',
        shim: 'disconnected: local [::]:wide (28 bytes)',
      },
      { program: 'names_datagram', kernel: 'bind again: 0', shim: 'bind again: EINVAL' },
      {
        program: 'names_datagram',
        kernel: 'bound to loopback, connected, disconnected: local 127.0.0.1:0 (16 bytes)',
        shim: 'bound to loopback, connected, disconnected: local 127.0.0.1:narrow (16 bytes)',
      },
      {
        program: 'names_datagram',
        kernel: 'bound to loopback, connected, disconnected: local [::1]:0 (28 bytes)',
        shim: 'bound to loopback, connected, disconnected: local [::1]:narrow (28 bytes)',
      },
    ],
  },
  {
    what: 'mmap of a TCP socket',
    here: 'different: ENODEV',
    reason: 'mmap of a TCP socket is ENODEV: there is no zero-copy receive between unix sockets.',
    lines: [{ program: 'sendfile_splice', kernel: 'mmap: 0', shim: 'mmap: ENODEV' }],
  },
  {
    what: 'a full UDP queue (10 datagrams)',
    here: 'same in a network; in a plain wrapper, to another process: a sender waits up to 50 ms, or hears EAGAIN when it does not block; then datagrams are dropped',
    reason:
      'The queue of a unix socket holds 11 datagrams. In a network the others wait in a file until the receiver reads; a plain wrapper does so only for receivers of its own process, since it knows nothing of others.',
    lines: [
      {
        program: 'datagram_burst',
        kernel: 'from a child: got 100, out of order 0, of strangers 0',
        shim: 'from a child: got 11, out of order 0, of strangers 0',
        onlyBare: true,
      },
    ],
  },
  {
    what: 'the first write after the peer has closed',
    here: 'different: EPIPE at once, where TCP says it from the second on',
    reason:
      'The first write after the peer has closed is EPIPE at once; TCP takes it, hears RST, and says EPIPE from the second on.',
    lines: [
      {
        program: 'peer_gone',
        kernel: 'the first write after the end: 1',
        shim: 'the first write after the end: EPIPE',
      },
    ],
  },
]

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
    what: 'stdio (fdopen, dprintf) after the peer has closed',
    here: 'different: the first write fails with EPIPE already',
    reason:
      'stdio writes inside of libc, past every library, and a unix socket knows at once that its peer has closed: the write that TCP still takes is EPIPE. write, send, sendfile and splice are as on TCP.',
    lines: [
      { program: 'peer_gone', kernel: 'dprintf, call 1: 3', shim: 'dprintf, call 1: EPIPE' },
      { program: 'peer_gone', kernel: 'dprintf, call 1: SIGPIPE 0', shim: 'dprintf, call 1: SIGPIPE 1' },
    ],
  },
  {
    what: 'SO_LINGER 0 and connect(AF_UNSPEC), RST',
    here: 'emulated inside a network; an ordinary end in the plain wrapper',
    reason:
      'In the plain wrapper, a close with SO_LINGER 0 or a disconnect is an ordinary end for the peer: unix sockets have no RST, and only the arena of a network can tell it. Bytes that the closer had not read are ECONNRESET everywhere, as in TCP.',
    lines: [
      {
        program: 'peer_gone',
        kernel: 'by recv: still connected 0',
        shim: 'by recv: still connected 1',
        onlyBare: true,
      },
      {
        program: 'peer_gone',
        kernel: 'by SO_ERROR: still connected 0',
        shim: 'by SO_ERROR: still connected 1',
        onlyBare: true,
      },
      {
        program: 'peer_gone',
        kernel: 'by send: still connected 0',
        shim: 'by send: still connected 1',
        onlyBare: true,
      },
      { program: 'peer_gone', kernel: 'by recv: recv: ECONNRESET', shim: 'by recv: recv: 0', onlyBare: true },
      { program: 'peer_gone', kernel: 'by recv: gone 1', shim: 'by recv: gone 0', onlyBare: true },
      { program: 'peer_gone', kernel: 'by recv: last send: EPIPE', shim: 'by recv: last send: 1', onlyBare: true },
      {
        program: 'peer_gone',
        kernel: 'hard close: SO_ERROR: ECONNRESET',
        shim: 'hard close: SO_ERROR: 0',
        onlyBare: true,
      },
      { program: 'peer_gone', kernel: 'by SO_ERROR: gone 1', shim: 'by SO_ERROR: gone 0', onlyBare: true },
      {
        program: 'peer_gone',
        kernel: 'by SO_ERROR: last send: EPIPE',
        shim: 'by SO_ERROR: last send: 1',
        onlyBare: true,
      },
      { program: 'peer_gone', kernel: 'hard close: send: ECONNRESET', shim: 'hard close: send: 1', onlyBare: true },
      { program: 'connect_again', kernel: "the peer's recv: ECONNRESET", shim: "the peer's recv: 0", onlyBare: true },
      { program: 'connect_again', kernel: "the peer's send: EPIPE", shim: "the peer's send: 1", onlyBare: true },
    ],
  },
  {
    what: 'SO_RCVLOWAT in poll',
    here: 'different: poll tells of the first byte; recv waits for as many as were asked for',
    reason: 'poll and epoll of a unix socket do not look at SO_RCVLOWAT, and nobody can answer in their place.',
    lines: [{ program: 'receive_low_water', kernel: '3 bytes of 5: poll none ', shim: '3 bytes of 5: poll IN ' }],
  },
  {
    what: 'how much a connection takes that nobody reads',
    here: 'different: what SO_SNDBUF says (212992 bytes), where each write counts some 750 bytes more; TCP takes about 4 MB',
    reason:
      'A unix socket counts the whole memory of each write and never puts two together; TCP lets its buffers grow, those of both ends.',
    lines: [
      { program: 'stream_capacity', kernel: '2000 small writes: 1', shim: '2000 small writes: 0' },
      { program: 'stream_capacity', kernel: '1 MiB at once: 1', shim: '1 MiB at once: 0' },
    ],
  },
  {
    what: 'a listener whose backlog is full',
    here: 'different: there is room for 4096 (net.core.somaxconn), whatever was asked for, so nobody waits',
    reason:
      'A unix socket turns a non-blocking client away when the backlog is full (EAGAIN), and nothing tells it when there is room: it would need somebody who waits in its place. TCP lets it wait, so there is always room.',
    lines: [
      { program: 'backlog_full', kernel: 'the second: poll none ', shim: 'the second: poll OUT ' },
      { program: 'backlog_full', kernel: 'the third, for a while: EINPROGRESS', shim: 'the third, for a while: 0' },
      { program: 'backlog_full', kernel: 'the third: poll none ', shim: 'the third: poll OUT ' },
    ],
  },
  {
    what: 'shutdown(SHUT_RD)',
    here: 'emulated: what comes afterwards is thrown away; Linux still lets it be read',
    reason:
      'What the peer sends after shutdown(SHUT_RD) is thrown away, as POSIX has it; a TCP socket of Linux still delivers it.',
    lines: [
      {
        program: 'half_close',
        kernel: 'after SHUT_RD comes: 8',
        shim: 'after SHUT_RD comes: 0',
      },
    ],
  },
  {
    what: 'the end of the peer, after shutdown(SHUT_RDWR)',
    here: 'different: TCP_INFO goes on to tell FIN_WAIT2, and shutdown answers 0',
    reason:
      'A unix socket that is shut down in both directions looks the same before and after its peer has ended; only the socket diagnosis of the kernel could tell, if it has one.',
    lines: [
      {
        program: 'tcp_info',
        kernel: 'shut down both ways, then the peer did: CLOSE',
        shim: 'shut down both ways, then the peer did: FIN_WAIT2',
      },
      { program: 'tcp_info', kernel: 'shutdown again: ENOTCONN', shim: 'shutdown again: 0' },
    ],
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
    what: 'UDP at a broadcast address',
    here: 'same in a network; in a plain wrapper it has the address of its host',
    reason:
      "The reference's library binds such a socket to the address of its host, and its processes send broadcasts there.",
    lines: [
      {
        program: 'bind_broadcast',
        kernel: '  bound: local 127.255.255.255:datagrams (16 bytes)',
        shim: '  bound: local 127.0.0.1:datagrams (16 bytes)',
        onlyBare: true,
      },
      { program: 'bind_broadcast', kernel: '  comes of that: EAGAIN', shim: '  comes of that: 1', onlyBare: true },
    ],
  },
  {
    what: 'UDP after connect(AF_UNSPEC)',
    here: 'same; keeps the port that was chosen for it where other processes hold the socket or datagrams wait in it',
    reason:
      'The name of a unix socket lasts as long as the socket, so another one takes its place. What others hold cannot be exchanged for them, and what waits in one cannot be moved into one that has no name.',
    lines: [
      {
        program: 'names_datagram',
        kernel: 'with an unread datagram, disconnected: local 0.0.0.0:0 (16 bytes)',
        shim: 'with an unread datagram, disconnected: local 0.0.0.0:unread (16 bytes)',
      },
      {
        program: 'names_datagram',
        kernel: 'with an unread datagram, disconnected: local [::]:0 (28 bytes)',
        shim: 'with an unread datagram, disconnected: local [::]:unread (28 bytes)',
      },
      {
        program: 'names_datagram',
        kernel: 'shared, disconnected: local 0.0.0.0:0 (16 bytes)',
        shim: 'shared, disconnected: local 0.0.0.0:shared (16 bytes)',
      },
      {
        program: 'names_datagram',
        kernel: 'shared, disconnected: local [::]:0 (28 bytes)',
        shim: 'shared, disconnected: local [::]:shared (28 bytes)',
      },
    ],
  },
  {
    what: 'mmap of a TCP socket, SO_ZEROCOPY',
    here: 'different: ENODEV, EOPNOTSUPP',
    reason:
      'mmap of a TCP socket is ENODEV and SO_ZEROCOPY is EOPNOTSUPP, as on kernels without them: unix sockets have no zero-copy receive and tell no completions, for which a program would wait.',
    lines: [
      { program: 'sendfile_splice', kernel: 'mmap: 0', shim: 'mmap: ENODEV' },
      { program: 'options_more', kernel: 'SO_ZEROCOPY: 0', shim: 'SO_ZEROCOPY: EOPNOTSUPP' },
    ],
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
    what: 'UDP_GRO',
    here: 'different: datagrams come one by one',
    reason:
      'UDP_GRO is accepted, and each datagram comes alone, as from a network card that gathers none: a sender would have to know of each receiver whether it takes several as one.',
    lines: [{ program: 'datagram_segment', kernel: '  recv: 2500 and -1', shim: '  recv: 1000 and 1000' }],
  },
  {
    what: 'SO_REUSEPORT of UDP sockets in several processes',
    here: 'same in a network; in a plain wrapper the last one bound hears all',
    reason:
      'Which of the sockets hears a peer is the choice of the sender, for the kernel has no group of unix sockets; without an arena it knows those of its own process only.',
    lines: [
      {
        program: 'datagram_spread',
        kernel: 'in processes: 10 came, 0 peers heard by several, 0 by none, several busy 1',
        shim: 'in processes: 10 came, 0 peers heard by several, 0 by none, several busy 0',
        onlyBare: true,
      },
      {
        program: 'datagram_spread',
        kernel: 'the others: 10 came, 0 peers heard by several, 0 by none, several busy 1',
        shim: 'the others: 10 came, 0 peers heard by several, 0 by none, several busy 0',
        onlyBare: true,
      },
    ],
  },
  {
    what: 'an address of the loopback beyond 127.0.0.1, at a socket on 0.0.0.0 or ::',
    here: 'same in a network; in a plain wrapper 127.0.0.2 to 127.0.0.64 are other hosts, and who is asked at another one shows 127.0.0.1 to accept',
    reason:
      "The reference's names on disk have an interface for each of 127.0.0.1 to 127.0.0.64; and only the arena of a network can tell whoever accepts which other address its client asked for.",
    lines: [
      {
        program: 'loopback_network',
        kernel: 'accepted by any: local 127.0.0.99:server (16 bytes)',
        shim: 'accepted by any: local 127.0.0.1:server (16 bytes)',
        onlyBare: true,
      },
      {
        program: 'loopback_network',
        kernel: 'accepted by any: local 127.1.2.3:server (16 bytes)',
        shim: 'accepted by any: local 127.0.0.1:server (16 bytes)',
        onlyBare: true,
      },
      {
        program: 'loopback_network',
        kernel: 'accepted by any: local 127.255.255.254:server (16 bytes)',
        shim: 'accepted by any: local 127.0.0.1:server (16 bytes)',
        onlyBare: true,
      },
      {
        program: 'loopback_network',
        kernel: 'accepted by ::: local [::ffff:127.0.0.99]:server (28 bytes)',
        shim: 'accepted by ::: local [::ffff:127.0.0.1]:server (28 bytes)',
        onlyBare: true,
      },
      {
        program: 'loopback_network',
        kernel: 'accepted by ::: local [::ffff:127.1.2.3]:server (28 bytes)',
        shim: 'accepted by ::: local [::ffff:127.0.0.1]:server (28 bytes)',
        onlyBare: true,
      },
      {
        program: 'loopback_network',
        kernel: 'accepted by ::: local [::ffff:127.255.255.254]:server (28 bytes)',
        shim: 'accepted by ::: local [::ffff:127.0.0.1]:server (28 bytes)',
        onlyBare: true,
      },
      {
        program: 'loopback_network',
        kernel: '127.0.0.2 reaches 0.0.0.0: 0',
        shim: '127.0.0.2 reaches 0.0.0.0: ECONNREFUSED',
        onlyBare: true,
      },
      {
        program: 'loopback_network',
        kernel: '0.0.0.0 beside 127.0.0.2: EADDRINUSE',
        shim: '0.0.0.0 beside 127.0.0.2: 0',
        onlyBare: true,
      },
    ],
  },
  {
    what: 'a socket that pidfd_getfd took, once its owner is gone',
    here: 'same in a network; in a plain wrapper its name goes with its owner',
    reason:
      'Without an arena nobody tells the owner of a socket that pidfd_getfd gave another process a copy: it takes its name along when it closes it.',
    lines: [
      {
        program: 'pidfd_socket',
        kernel: 'a client after its end: 0',
        shim: 'a client after its end: ECONNREFUSED',
        onlyBare: true,
      },
      { program: 'pidfd_socket', kernel: 'served: a descriptor', shim: 'served: EAGAIN', onlyBare: true },
    ],
  },
  {
    what: 'a stream that connects to itself',
    here: 'different: ECONNREFUSED',
    reason: 'Both ends of such a connection are one socket, and a unix stream has one end.',
    lines: [{ program: 'self_connect', kernel: 'connect to itself: 0', shim: 'connect to itself: ECONNREFUSED' }],
  },
  {
    what: 'a stream that several processes hold, and one of them uses anew after a refusal, a disconnect or a shutdown',
    here: 'different: the others keep what it was',
    reason:
      'A unix socket cannot be unbound, disconnected or opened again, so it is replaced in the process that asks for it; nobody can change the descriptors of another process.',
    lines: [
      {
        program: 'renewed_shared',
        kernel: 'another process listens: accept: EAGAIN',
        shim: 'another process listens: accept: EINVAL',
      },
      {
        program: 'renewed_shared',
        kernel: 'another process listens again: accept: EAGAIN',
        shim: 'another process listens again: accept: EINVAL',
      },
    ],
  },
  {
    what: 'what the next program after exec, or another holder, learns of a socket',
    here: 'same in a network; in a plain wrapper what its name tells: no options, no error, the loopback for the unspecified address, nothing of a socket without a name',
    reason: 'Without an arena there is nothing but the name of the unix socket to learn it from.',
    lines: [
      {
        program: 'shared_unknown',
        kernel: 'bound by a child: local 0.0.0.0:shared (16 bytes)',
        shim: 'bound by a child: local 127.0.0.1:shared (16 bytes)',
        onlyBare: true,
      },
      {
        program: 'shared_unknown',
        kernel: 'bound by a child: local [::]:shared (28 bytes)',
        shim: 'bound by a child: local [::1]:shared (28 bytes)',
        onlyBare: true,
      },
      { program: 'shared_unknown', kernel: 'fresh: inet 1', shim: 'fresh: inet 0', onlyBare: true },
      {
        program: 'shared_unknown',
        kernel: 'bound: local 0.0.0.0:kept (16 bytes)',
        shim: 'bound: local 127.0.0.1:kept (16 bytes)',
        onlyBare: true,
      },
      {
        program: 'shared_unknown',
        kernel: 'bound: local [::]:kept (28 bytes)',
        shim: 'bound: local [::1]:kept (28 bytes)',
        onlyBare: true,
      },
      { program: 'shared_unknown', kernel: 'its option: 77', shim: 'its option: 7200', onlyBare: true },
      { program: 'shared_unknown', kernel: 'its error: ECONNREFUSED', shim: 'its error: EAGAIN', onlyBare: true },
    ],
  },
]

// Made by native/wire/generate.mjs from native/wire/*.def and wire.h. Do not edit: change a row and run `npm run generate`.

// Constants of wire.h.
export const ENVELOPE_MAGIC = 0x6c766e6520777376n
export const ENVELOPE_VERSION = 1
export const ENVELOPE_NO_INFO = 0xffff
export const ARENA_MAGIC = 0x6e65726120777376n
export const ARENA_VERSION = 1
export const ARENA_FILE = 'arena'
export const ARENA_ABSTRACT_CLIENTS = 1
export const ARENA_ENDED = 2
export const ARENA_GROUPS = 4
export const ARENA_USERS = 8
export const ARENA_CAPTURE = 16
export const ARENA_FAR = 32
export const CAPTURE_FILE = 'capture.pcapng'
export const EXPLORE_FILE = 'explore'
export const EXPLORE_MAGIC = 0x6c70786520777376n
export const EXPLORE_VERSION = 1
export const EXPLORE_ACTORS = 512
export const EXPLORE_STEPS = 4096
export const EXPLORE_DEPTH_MAX = 8
export const ACTOR_RUNS = 0
export const ACTOR_WAITS = 1
export const ACTOR_CHOSEN = 2
export const ACTOR_GONE = 3
export const MEMBER_FILLING = 0x8000000000000000n
export const PROCESS_UNDER_SHIM = 1
export const PROCESS_SPAWNED = 2
export const PROCESS_TEST = 4
export const PROCESS_EXEC = 8
export const SOCKET_REMOVED = 0xffffffffffffffffn
export const RECORD_FREE = 0
export const RECORD_CLAIMED = 1
export const RECORD_PUBLISHED = 2

/** Where a socket is in its life. */
export const stateNumbers = {
  /** made, neither bound nor connected */
  open: 0,
  /** has a local address */
  bound: 1,
  /** accepts connections */
  listening: 2,
  /** has a peer */
  connected: 3,
} as const

export type StateName = keyof typeof stateNumbers

export const stateNames: ReadonlyMap<number, StateName> = new Map([
  [0, 'open'],
  [1, 'bound'],
  [2, 'listening'],
  [3, 'connected'],
])

/** Facts of a socket that its addresses do not tell, as bits. */
export const flagNumbers = {
  /** bound to the unspecified address */
  anyBound: 0x1,
  /** an IPv6 socket which answers IPv4 as well */
  dualStack: 0x2,
  /** the port was chosen by the shim at connect, listen or send */
  autobound: 0x4,
  /** its name is in the private loopback directory of its host */
  loopbackName: 0x8,
  /** has a name in the file system that its last holder removes */
  named: 0x10,
  /** has a second, IPv4, name: a symbolic link to the first */
  aliasV4: 0x20,
  /** has names in the loopback directory: symbolic links to the first */
  aliasLoopback: 0x40,
  /** was inherited, forked or passed: other processes may hold it */
  shared: 0x80,
  /** came from accept */
  accepted: 0x100,
  /** an IPv6 socket whose name is an IPv4 one */
  nameV4: 0x200,
  /** an option that accepted connections inherit was set */
  inherit: 0x400,
  /** a holder shut down its reading side */
  shutRead: 0x800,
  /** a holder shut down its writing side */
  shutWrite: 0x1000,
  /** the peer closed with SO_LINGER 0, or disconnected: its end is a reset */
  reset: 0x2000,
  /** has joined a multicast group */
  member: 0x4000,
  /** its port was not asked for: a refused connect and a disconnect let go of it */
  chosenPort: 0x8000,
} as const

export type FlagName = keyof typeof flagNumbers

export const flagNames: ReadonlyMap<number, FlagName> = new Map([
  [0x1, 'anyBound'],
  [0x2, 'dualStack'],
  [0x4, 'autobound'],
  [0x8, 'loopbackName'],
  [0x10, 'named'],
  [0x20, 'aliasV4'],
  [0x40, 'aliasLoopback'],
  [0x80, 'shared'],
  [0x100, 'accepted'],
  [0x200, 'nameV4'],
  [0x400, 'inherit'],
  [0x800, 'shutRead'],
  [0x1000, 'shutWrite'],
  [0x2000, 'reset'],
  [0x4000, 'member'],
  [0x8000, 'chosenPort'],
])

/** What a record of the journal says happened. */
export const opNumbers = {
  /** an abandoned record: its writer was killed */
  none: 0,
  /** a process came under the shim; detail = parent pid, text = program */
  processStart: 1,
  /** a child came to life by fork; pid = child, detail = parent pid */
  processFork: 2,
  /** exec is about to replace the program; text = program */
  processExec: 3,
  /** the process ends by exit; result = 0 */
  processExit: 4,
  /** a socket became known: first bind, connect, listen, pass or inheritance; detail = 1 when recovered from the kernel */
  born: 5,
  /** bind; result = 0 or -errno; info.local = the address asked for when it failed */
  bind: 6,
  /** listen */
  listen: 7,
  /** connect; result = 0 or -errno */
  connect: 8,
  /** accept; fd = new descriptor, detail = descriptor of the listener */
  accept: 9,
  /** a descriptor was copied; fd = new, detail = old */
  copy: 10,
  /** a descriptor was closed; detail = descriptors of the socket that this process still holds */
  drop: 11,
  /** one descriptor was sent; position = its index, detail = descriptors in the message, info as the sender holds it, text = inode of the envelope's pipe */
  passSend: 12,
  /** one descriptor was received and its info installed; info as getsockname, getpeername and getsockopt answer in the receiver; result = 1: with close-on-exec */
  passReceive: 13,
  /** the info that the envelope carried for a received descriptor, before it was installed; detail = sender pid */
  passEnvelope: 14,
  /** an envelope could not be used; result = -errno, text = reason */
  passRefused: 15,
  /** shutdown; detail = how */
  shutdown: 16,
  /** a name or the directory is gone under a socket; text = name */
  nameLost: 17,
  /** a process left the network; text = reason */
  escape: 18,
  /** connect(AF_UNSPEC) */
  disconnect: 19,
  /** the first input that is taken, or asked for, since the last fork, exec or pass here; of a datagram socket, since a pass or exec; detail = 1: the call had begun before; info as before */
  consume: 20,
  /** a child was reaped, which may have been killed; detail = its pid, result = its wait status */
  wait: 21,
  /** the process is about to make another one by fork, vfork or posix_spawn: what it holds may have a second holder from now on */
  fork: 22,
  /** the first time since a pass or exec that poll, select or epoll is asked to wait for input from the descriptor */
  arm: 23,
  /** the first output since a pass or exec */
  produce: 24,
  /** a holder of a shared socket changed O_NONBLOCK, which is one for all holders; detail = 1: on */
  alter: 25,
  /** a connection is about to be passed of which this process has taken input since it made, accepted or received it */
  readAhead: 26,
  /** a descriptor that recvmsg with MSG_PEEK installed: the message stays; position, detail and message as in passReceive */
  passPeek: 27,
  /** a number whose socket is closed was closed again (detail = 0) or sent (1), which gave EBADF; 2: that close was one of many in a row, on purpose; text = cookie of the socket */
  stale: 28,
} as const

export type OpName = keyof typeof opNumbers

export const opNames: ReadonlyMap<number, OpName> = new Map([
  [0, 'none'],
  [1, 'processStart'],
  [2, 'processFork'],
  [3, 'processExec'],
  [4, 'processExit'],
  [5, 'born'],
  [6, 'bind'],
  [7, 'listen'],
  [8, 'connect'],
  [9, 'accept'],
  [10, 'copy'],
  [11, 'drop'],
  [12, 'passSend'],
  [13, 'passReceive'],
  [14, 'passEnvelope'],
  [15, 'passRefused'],
  [16, 'shutdown'],
  [17, 'nameLost'],
  [18, 'escape'],
  [19, 'disconnect'],
  [20, 'consume'],
  [21, 'wait'],
  [22, 'fork'],
  [23, 'arm'],
  [24, 'produce'],
  [25, 'alter'],
  [26, 'readAhead'],
  [27, 'passPeek'],
  [28, 'stale'],
])

/** Where a process hands over. */
export const pointNumbers = {
  /** a program begins */
  start: 1,
  /** before fork, vfork, posix_spawn */
  fork: 2,
  /** after it, in the parent */
  forked: 3,
  /** after fork, in the child */
  child: 4,
  /** before exec */
  exec: 5,
  /** before the end by exit */
  exit: 6,
  /** before a message with sockets */
  send: 7,
  /** after it */
  sent: 8,
  /** before a message that may have descriptors */
  receive: 9,
  /** after one that has */
  received: 10,
  /** before accept on a listener that others may hold */
  accept: 11,
  /** before input from a stream that others may hold */
  input: 12,
  /** before output to one */
  output: 13,
  /** before its shutdown */
  shutdown: 14,
  /** before the close of a socket that others may hold */
  close: 15,
} as const

export type PointName = keyof typeof pointNumbers

export const pointNames: ReadonlyMap<number, PointName> = new Map([
  [1, 'start'],
  [2, 'fork'],
  [3, 'forked'],
  [4, 'child'],
  [5, 'exec'],
  [6, 'exit'],
  [7, 'send'],
  [8, 'sent'],
  [9, 'receive'],
  [10, 'received'],
  [11, 'accept'],
  [12, 'input'],
  [13, 'output'],
  [14, 'shutdown'],
  [15, 'close'],
])

/** The options an info carries, in the order of `WireInfo.options`; `standard` is the value of an untouched socket. */
export const optionTable = [
  /** socket(7) */
  {
    name: 'reusePort',
    level: 1,
    levelName: 'SOL_SOCKET',
    option: 15,
    optionName: 'SO_REUSEPORT',
    standard: 0,
  },
  /** tcp(7) */
  {
    name: 'noDelay',
    level: 6,
    levelName: 'IPPROTO_TCP',
    option: 1,
    optionName: 'TCP_NODELAY',
    standard: 0,
  },
  /** tcp(7) */
  {
    name: 'cork',
    level: 6,
    levelName: 'IPPROTO_TCP',
    option: 3,
    optionName: 'TCP_CORK',
    standard: 0,
  },
  /** tcp(7) */
  {
    name: 'keepIdleSeconds',
    level: 6,
    levelName: 'IPPROTO_TCP',
    option: 4,
    optionName: 'TCP_KEEPIDLE',
    standard: 7200,
  },
  /** tcp(7) */
  {
    name: 'keepIntervalSeconds',
    level: 6,
    levelName: 'IPPROTO_TCP',
    option: 5,
    optionName: 'TCP_KEEPINTVL',
    standard: 75,
  },
  /** tcp(7) */
  {
    name: 'keepCount',
    level: 6,
    levelName: 'IPPROTO_TCP',
    option: 6,
    optionName: 'TCP_KEEPCNT',
    standard: 9,
  },
  /** tcp(7) */
  {
    name: 'userTimeoutMs',
    level: 6,
    levelName: 'IPPROTO_TCP',
    option: 18,
    optionName: 'TCP_USER_TIMEOUT',
    standard: 0,
  },
  /** tcp(7) */
  {
    name: 'deferAcceptSeconds',
    level: 6,
    levelName: 'IPPROTO_TCP',
    option: 9,
    optionName: 'TCP_DEFER_ACCEPT',
    standard: 0,
  },
  /** tcp(7) */
  {
    name: 'quickAck',
    level: 6,
    levelName: 'IPPROTO_TCP',
    option: 12,
    optionName: 'TCP_QUICKACK',
    standard: 1,
  },
  /** tcp(7) */
  {
    name: 'fastOpen',
    level: 6,
    levelName: 'IPPROTO_TCP',
    option: 23,
    optionName: 'TCP_FASTOPEN',
    standard: 0,
  },
  /** ip(7) */
  {
    name: 'tos',
    level: 0,
    levelName: 'IPPROTO_IP',
    option: 1,
    optionName: 'IP_TOS',
    standard: 0,
  },
  /** ip(7) */
  {
    name: 'ttl',
    level: 0,
    levelName: 'IPPROTO_IP',
    option: 2,
    optionName: 'IP_TTL',
    standard: 64,
  },
  /** ip(7) */
  {
    name: 'packetInfo',
    level: 0,
    levelName: 'IPPROTO_IP',
    option: 8,
    optionName: 'IP_PKTINFO',
    standard: 0,
  },
  /** ip(7) */
  {
    name: 'multicastTtl',
    level: 0,
    levelName: 'IPPROTO_IP',
    option: 33,
    optionName: 'IP_MULTICAST_TTL',
    standard: 1,
  },
  /** ip(7) */
  {
    name: 'multicastLoop',
    level: 0,
    levelName: 'IPPROTO_IP',
    option: 34,
    optionName: 'IP_MULTICAST_LOOP',
    standard: 1,
  },
  /** ipv6(7) */
  {
    name: 'v6Only',
    level: 41,
    levelName: 'IPPROTO_IPV6',
    option: 26,
    optionName: 'IPV6_V6ONLY',
    standard: 0,
  },
  /** ipv6(7) */
  {
    name: 'receivePacketInfo',
    level: 41,
    levelName: 'IPPROTO_IPV6',
    option: 49,
    optionName: 'IPV6_RECVPKTINFO',
    standard: 0,
  },
  /** ipv6(7) */
  {
    name: 'unicastHops',
    level: 41,
    levelName: 'IPPROTO_IPV6',
    option: 16,
    optionName: 'IPV6_UNICAST_HOPS',
    standard: 64,
  },
  /** RFC 3542 */
  {
    name: 'trafficClass',
    level: 41,
    levelName: 'IPPROTO_IPV6',
    option: 67,
    optionName: 'IPV6_TCLASS',
    standard: 0,
  },
  /** socket(7) */
  {
    name: 'reuseAddress',
    level: 1,
    levelName: 'SOL_SOCKET',
    option: 2,
    optionName: 'SO_REUSEADDR',
    standard: 0,
  },
  /** ip(7): the address */
  {
    name: 'multicastInterface',
    level: 0,
    levelName: 'IPPROTO_IP',
    option: 32,
    optionName: 'IP_MULTICAST_IF',
    standard: 0,
  },
  /** ip(7) */
  {
    name: 'multicastAll',
    level: 0,
    levelName: 'IPPROTO_IP',
    option: 49,
    optionName: 'IP_MULTICAST_ALL',
    standard: 1,
  },
  /** ipv6(7): the index */
  {
    name: 'multicastInterface6',
    level: 41,
    levelName: 'IPPROTO_IPV6',
    option: 17,
    optionName: 'IPV6_MULTICAST_IF',
    standard: 0,
  },
  /** ipv6(7) */
  {
    name: 'multicastHops6',
    level: 41,
    levelName: 'IPPROTO_IPV6',
    option: 18,
    optionName: 'IPV6_MULTICAST_HOPS',
    standard: 1,
  },
  /** ipv6(7) */
  {
    name: 'multicastLoop6',
    level: 41,
    levelName: 'IPPROTO_IPV6',
    option: 19,
    optionName: 'IPV6_MULTICAST_LOOP',
    standard: 1,
  },
  /** linux/in6.h */
  {
    name: 'multicastAll6',
    level: 41,
    levelName: 'IPPROTO_IPV6',
    option: 29,
    optionName: 'IPV6_MULTICAST_ALL',
    standard: 1,
  },
  /** ip(7) */
  {
    name: 'receiveTtl',
    level: 0,
    levelName: 'IPPROTO_IP',
    option: 12,
    optionName: 'IP_RECVTTL',
    standard: 0,
  },
  /** ip(7) */
  {
    name: 'receiveTos',
    level: 0,
    levelName: 'IPPROTO_IP',
    option: 13,
    optionName: 'IP_RECVTOS',
    standard: 0,
  },
  /** ip(7) */
  {
    name: 'receiveDestination',
    level: 0,
    levelName: 'IPPROTO_IP',
    option: 20,
    optionName: 'IP_RECVORIGDSTADDR',
    standard: 0,
  },
  /** RFC 3542 */
  {
    name: 'receiveHops6',
    level: 41,
    levelName: 'IPPROTO_IPV6',
    option: 51,
    optionName: 'IPV6_RECVHOPLIMIT',
    standard: 0,
  },
  /** RFC 3542 */
  {
    name: 'receiveTraffic6',
    level: 41,
    levelName: 'IPPROTO_IPV6',
    option: 66,
    optionName: 'IPV6_RECVTCLASS',
    standard: 0,
  },
] as const

export type OptionName = (typeof optionTable)[number]['name']

/** The libc functions that the shim wraps. */
export const calls = [
  'socket',
  'socketpair',
  'bind',
  'bindresvport',
  'listen',
  'connect',
  'accept',
  'accept4',
  'getsockname',
  'getpeername',
  'getsockopt',
  'setsockopt',
  'shutdown',
  'ioctl',
  'fcntl',
  'read',
  'readv',
  'write',
  'writev',
  'recv',
  'recvfrom',
  'recvmsg',
  'recvmmsg',
  'send',
  'sendto',
  'sendmsg',
  'sendmmsg',
  'sendfile',
  'splice',
  'poll',
  'ppoll',
  'select',
  'pselect',
  'epoll_ctl',
  'close',
  'close_range',
  'closefrom',
  'fclose',
  'freopen',
  'dup',
  'dup2',
  'dup3',
  'pidfd_getfd',
  'vfork',
  '_Fork',
  'clone',
  'daemon',
  'execl',
  'execle',
  'execlp',
  'execv',
  'execve',
  'execvp',
  'execvpe',
  'execveat',
  'fexecve',
  'posix_spawn',
  'posix_spawnp',
  'system',
  'popen',
  'prctl',
  'wait',
  'waitpid',
  'wait3',
  'wait4',
  'waitid',
  'setuid',
  'seteuid',
  'setreuid',
  'setresuid',
  'setfsuid',
  'setgroups',
  'getgroups',
  'initgroups',
  'chroot',
  'getaddrinfo',
  'getaddrinfo_a',
  'getnameinfo',
  'gethostbyname',
  'gethostbyname2',
  'gethostbyname_r',
  'gethostbyname2_r',
  'gethostbyaddr',
  'gethostbyaddr_r',
  'res_query',
  'res_search',
  'res_querydomain',
  'res_send',
  'res_nquery',
  'res_nsearch',
  'res_nquerydomain',
  'res_nsend',
  'getifaddrs',
  'if_nameindex',
  'if_nametoindex',
  'if_indextoname',
  'syscall',
] as const

export type CallName = (typeof calls)[number]

/** Second spellings of wrapped calls. */
export const callAliases = {
  sendfile64: 'sendfile',
  fcntl64: 'fcntl',
  freopen64: 'freopen',
  __res_query: 'res_query',
  __res_search: 'res_search',
  __res_querydomain: 'res_querydomain',
  __res_send: 'res_send',
  __res_nquery: 'res_nquery',
  __res_nsearch: 'res_nsearch',
  __res_nquerydomain: 'res_nquerydomain',
  __res_nsend: 'res_nsend',
} as const

/** Checked forms that a program built with _FORTIFY_SOURCE calls. */
export const fortifiedCalls = ['__read_chk', '__recv_chk', '__recvfrom_chk', '__poll_chk', '__ppoll_chk'] as const

function readBytes(view: DataView, offset: number, size: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, size)
}

function readInts(view: DataView, offset: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => view.getInt32(offset + index * 4, true))
}

/** Size and offsets in bytes of what a program must see of one socket, in the envelope and in the registry. */
export const infoLayout = {
  size: 208,
  offsets: {
    cookie: 0,
    inode: 8,
    version: 16,
    bornPid: 20,
    family: 24,
    type: 26,
    protocol: 28,
    state: 30,
    host: 32,
    flags: 34,
    localPort: 36,
    peerPort: 38,
    localAddress: 40,
    peerAddress: 56,
    optionMask: 72,
    pendingError: 76,
    options: 80,
    shareNumber: 204,
  },
} as const

/** What a program must see of one socket, in the envelope and in the registry. */
export interface WireInfo {
  /** SO_COOKIE: the identity of the socket, whatever the number of its descriptors; 0 when unknown */
  cookie: bigint
  /** inode of socket:[n] in /proc/<pid>/fd; 0 when unknown */
  inode: bigint
  /** grows by one at each change of this info */
  version: number
  /** process that made the socket */
  bornPid: number
  /** AF_INET (2) or AF_INET6 (10), as the program asked */
  family: number
  /** SOCK_STREAM (1) or SOCK_DGRAM (2) */
  type: number
  /** IPPROTO_TCP (6) or IPPROTO_UDP (17) */
  protocol: number
  /** a STATE of state.def */
  state: number
  /** interface number of the host that the socket belongs to, 1..64 */
  host: number
  /** FLAGs of flag.def */
  flags: number
  /** host byte order, 0 when unbound */
  localPort: number
  /** host byte order, 0 when not connected */
  peerPort: number
  /** network byte order; IPv4 as ::ffff:a.b.c.d, whatever the family */
  localAddress: Uint8Array
  /** network byte order; IPv4 as ::ffff:a.b.c.d, whatever the family */
  peerAddress: Uint8Array
  /** bit n: options[n] was set */
  optionMask: number
  /** errno that the next call or SO_ERROR reports, 0 for none */
  pendingError: number
  /** values by the row number of option.def */
  options: number[]
  /** which of the sockets that share its address: the number in its own name, 0 for the plain one */
  shareNumber: number
}

export function readInfo(view: DataView, offset = 0): WireInfo {
  return {
    cookie: view.getBigUint64(offset + 0, true),
    inode: view.getBigUint64(offset + 8, true),
    version: view.getUint32(offset + 16, true),
    bornPid: view.getUint32(offset + 20, true),
    family: view.getUint16(offset + 24, true),
    type: view.getUint16(offset + 26, true),
    protocol: view.getUint16(offset + 28, true),
    state: view.getUint16(offset + 30, true),
    host: view.getUint16(offset + 32, true),
    flags: view.getUint16(offset + 34, true),
    localPort: view.getUint16(offset + 36, true),
    peerPort: view.getUint16(offset + 38, true),
    localAddress: readBytes(view, offset + 40, 16),
    peerAddress: readBytes(view, offset + 56, 16),
    optionMask: view.getUint32(offset + 72, true),
    pendingError: view.getInt32(offset + 76, true),
    options: readInts(view, offset + 80, 31),
    shareNumber: view.getUint32(offset + 204, true),
  }
}

/** Size and offsets in bytes of the head of the envelope. */
export const envelopeLayout = {
  size: 40,
  offsets: {
    magic: 0,
    version: 8,
    headSize: 10,
    infoSize: 12,
    descriptors: 14,
    infos: 16,
    reserved: 18,
    totalSize: 20,
    checksum: 24,
    senderPid: 28,
    messageId: 32,
  },
} as const

/** The head of the envelope. */
export interface WireEnvelope {
  /** ENVELOPE_MAGIC */
  magic: bigint
  /** ENVELOPE_VERSION of the sender */
  version: number
  /** bytes of this head; a newer sender may have a longer one */
  headSize: number
  /** bytes of one info; a newer sender may have longer ones */
  infoSize: number
  /** descriptors of the user in the message, without the pipe */
  descriptors: number
  /** different sockets among them */
  infos: number
  /** 0 */
  reserved: number
  /** bytes of the whole envelope */
  totalSize: number
  /** FNV-1a, 32 bit, of all bytes after the head */
  checksum: number
  /** process that sent the message */
  senderPid: number
  /** identity of the message in its network; 0 without an arena */
  messageId: bigint
}

export function readEnvelope(view: DataView, offset = 0): WireEnvelope {
  return {
    magic: view.getBigUint64(offset + 0, true),
    version: view.getUint16(offset + 8, true),
    headSize: view.getUint16(offset + 10, true),
    infoSize: view.getUint16(offset + 12, true),
    descriptors: view.getUint16(offset + 14, true),
    infos: view.getUint16(offset + 16, true),
    reserved: view.getUint16(offset + 18, true),
    totalSize: view.getUint32(offset + 20, true),
    checksum: view.getUint32(offset + 24, true),
    senderPid: view.getUint32(offset + 28, true),
    messageId: view.getBigUint64(offset + 32, true),
  }
}

/** Size and offsets in bytes of one event of the journal. */
export const recordLayout = {
  size: 288,
  offsets: {
    word: 0,
    timeNs: 8,
    messageId: 16,
    pid: 24,
    tid: 28,
    fd: 32,
    result: 36,
    op: 40,
    position: 42,
    detail: 44,
    info: 48,
    text: 256,
  },
} as const

/** One event of the journal. */
export interface WireRecord {
  /** who owns the record: see RECORD_ in wire.h; the reader's sequence number afterwards */
  word: bigint
  /** CLOCK_MONOTONIC, ns */
  timeNs: bigint
  /** the message of a pass, else 0 */
  messageId: bigint
  /** process that did it */
  pid: number
  /** thread that did it */
  tid: number
  /** descriptor number, -1 for none */
  fd: number
  /** what the call answered: >= 0 or -errno */
  result: number
  /** an OP of op.def */
  op: number
  /** index of the descriptor in its message */
  position: number
  /** by op: parent or child pid, number of descriptors, source descriptor of a copy, finding code */
  detail: number
  /** the info of the socket after the event, zeros for none */
  info: Uint8Array
  /** by op: program name, first bytes of a path; UTF-8, zero padded */
  text: Uint8Array
}

export function readRecord(view: DataView, offset = 0): WireRecord {
  return {
    word: view.getBigUint64(offset + 0, true),
    timeNs: view.getBigUint64(offset + 8, true),
    messageId: view.getBigUint64(offset + 16, true),
    pid: view.getUint32(offset + 24, true),
    tid: view.getUint32(offset + 28, true),
    fd: view.getInt32(offset + 32, true),
    result: view.getInt32(offset + 36, true),
    op: view.getUint16(offset + 40, true),
    position: view.getUint16(offset + 42, true),
    detail: view.getUint32(offset + 44, true),
    info: readBytes(view, offset + 48, 208),
    text: readBytes(view, offset + 256, 32),
  }
}

/** Size and offsets in bytes of one row of the process table. */
export const processLayout = {
  size: 64,
  offsets: {
    pid: 0,
    parent: 4,
    startedNs: 8,
    exitedNs: 16,
    host: 24,
    flags: 28,
    program: 32,
  },
} as const

/** One row of the process table. */
export interface WireProcess {
  /** 0: free */
  pid: number
  /** pid of the parent at registration */
  parent: number
  /** CLOCK_BOOTTIME at registration, ns: a process whose start time is later has a recycled pid */
  startedNs: bigint
  /** CLOCK_BOOTTIME of a regular exit, 0 before */
  exitedNs: bigint
  /** interface number */
  host: number
  /** bit 0: under the shim; bit 1: started by a fixture; bit 2: the test itself; bit 3: an exec has begun, and no shim has told of the new program yet */
  flags: number
  /** name of the program, UTF-8, zero padded */
  program: Uint8Array
}

export function readProcess(view: DataView, offset = 0): WireProcess {
  return {
    pid: view.getUint32(offset + 0, true),
    parent: view.getUint32(offset + 4, true),
    startedNs: view.getBigUint64(offset + 8, true),
    exitedNs: view.getBigUint64(offset + 16, true),
    host: view.getUint32(offset + 24, true),
    flags: view.getUint32(offset + 28, true),
    program: readBytes(view, offset + 32, 32),
  }
}

/** Size and offsets in bytes of one row of the host table. */
export const hostLayout = {
  size: 256,
  offsets: {
    number: 0,
    names: 4,
  },
} as const

/** One row of the host table. */
export interface WireHost {
  /** 0: free, else 1..64; written last */
  number: number
  /** names, each ended by a zero byte; the first one is its own */
  names: Uint8Array
}

export function readHost(view: DataView, offset = 0): WireHost {
  return {
    number: view.getUint32(offset + 0, true),
    names: readBytes(view, offset + 4, 252),
  }
}

/** Size and offsets in bytes of one row of the table of memberships. */
export const memberLayout = {
  size: 56,
  offsets: {
    cookie: 0,
    host: 8,
    interface: 12,
    mode: 16,
    reserved: 20,
    group: 24,
    source: 40,
  },
} as const

/** One row of the table of memberships. */
export interface WireMember {
  /** the socket; 0: free; with the highest bit: being filled by the process in the lower half */
  cookie: bigint
  /** its host, 1..64 */
  host: number
  /** 1: lo, 2: eth0 */
  interface: number
  /** 0: all sources, 1: this one only, 2: not this one */
  mode: number
  /** 0 */
  reserved: number
  /** network byte order; IPv4 as ::ffff:a.b.c.d */
  group: Uint8Array
  /** the same; zeros with mode 0 */
  source: Uint8Array
}

export function readMember(view: DataView, offset = 0): WireMember {
  return {
    cookie: view.getBigUint64(offset + 0, true),
    host: view.getUint32(offset + 8, true),
    interface: view.getUint32(offset + 12, true),
    mode: view.getUint32(offset + 16, true),
    reserved: view.getUint32(offset + 20, true),
    group: readBytes(view, offset + 24, 16),
    source: readBytes(view, offset + 40, 16),
  }
}

/** Size and offsets in bytes of one entry of the registry. */
export const socketLayout = {
  size: 440,
  offsets: {
    cookie: 0,
    writer: 8,
    current: 16,
    first: 24,
    second: 232,
  },
} as const

/** One entry of the registry. */
export interface WireSocket {
  /** 0: free; all ones: removed */
  cookie: bigint
  /** pid that is writing the other copy, 0 for none */
  writer: bigint
  /** version << 1 | number of the good copy; 0 before the first write */
  current: bigint
  /** an info */
  first: Uint8Array
  /** an info */
  second: Uint8Array
}

export function readSocket(view: DataView, offset = 0): WireSocket {
  return {
    cookie: view.getBigUint64(offset + 0, true),
    writer: view.getBigUint64(offset + 8, true),
    current: view.getBigUint64(offset + 16, true),
    first: readBytes(view, offset + 24, 208),
    second: readBytes(view, offset + 232, 208),
  }
}

/** Size and offsets in bytes of the head of the arena. */
export const arenaLayout = {
  size: 256,
  offsets: {
    magic: 0,
    version: 8,
    headSize: 12,
    totalSize: 16,
    networkId: 24,
    recordSize: 32,
    recordCount: 36,
    socketSize: 40,
    socketCount: 44,
    processSize: 48,
    processCount: 52,
    hostSize: 56,
    hostCount: 60,
    hostOffset: 64,
    processOffset: 68,
    socketOffset: 72,
    recordOffset: 76,
    features: 80,
    memberOffset: 84,
    memberSize: 88,
    memberCount: 92,
    head: 128,
    lost: 136,
    registryLost: 144,
    processLost: 152,
    nextMessage: 160,
    nextStreamPort: 168,
    nextDatagramPort: 172,
    spilling: 176,
    marked: 180,
    crowded: 184,
    published: 192,
    waiters: 196,
    tail: 200,
  },
} as const

/** The head of the arena. */
export interface WireArena {
  /** ARENA_MAGIC */
  magic: bigint
  /** ARENA_VERSION */
  version: number
  /** bytes of this head */
  headSize: number
  /** bytes of the file */
  totalSize: bigint
  /** random; the prefix of abstract names */
  networkId: bigint
  /** bytes of a record */
  recordSize: number
  /** a power of two */
  recordCount: number
  /** bytes of a registry entry */
  socketSize: number
  /** a power of two */
  socketCount: number
  /** bytes of a process entry */
  processSize: number
  /** entries of the process table */
  processCount: number
  /** bytes of a host entry */
  hostSize: number
  /** entries of the host table */
  hostCount: number
  /** from the start of the file */
  hostOffset: number
  /** from the start of the file */
  processOffset: number
  /** from the start of the file */
  socketOffset: number
  /** from the start of the file */
  recordOffset: number
  /** bit 0: stream clients use abstract names; bit 1: the network has ended, a new process ends itself; bit 2: several sockets have had one address; bit 3: processes of several users; bit 4: all processes write CAPTURE_FILE */
  features: number
  /** from the start of the file */
  memberOffset: number
  /** bytes of a membership entry */
  memberSize: number
  /** entries of the table of memberships */
  memberCount: number
  /** sequence number of the next record to claim */
  head: bigint
  /** records that found the ring full */
  lost: bigint
  /** sockets that found the registry full */
  registryLost: bigint
  /** processes that found the table full */
  processLost: bigint
  /** last message id given out */
  nextMessage: bigint
  /** counter of ephemeral TCP ports */
  nextStreamPort: number
  /** counter of ephemeral UDP ports */
  nextDatagramPort: number
  /** lower half: datagram sockets whose queue has spilled into a file; upper half: how often one did */
  spilling: number
  /** 1 once a datagram socket has set a TTL, hop limit, TOS or traffic class of its own */
  marked: number
  /** 1 once a datagram socket that may share its address has been connected */
  crowded: number
  /** futex: grows by one with each published record */
  published: number
  /** readers asleep on it */
  waiters: number
  /** sequence number of the next record to read */
  tail: bigint
}

export function readArena(view: DataView, offset = 0): WireArena {
  return {
    magic: view.getBigUint64(offset + 0, true),
    version: view.getUint32(offset + 8, true),
    headSize: view.getUint32(offset + 12, true),
    totalSize: view.getBigUint64(offset + 16, true),
    networkId: view.getBigUint64(offset + 24, true),
    recordSize: view.getUint32(offset + 32, true),
    recordCount: view.getUint32(offset + 36, true),
    socketSize: view.getUint32(offset + 40, true),
    socketCount: view.getUint32(offset + 44, true),
    processSize: view.getUint32(offset + 48, true),
    processCount: view.getUint32(offset + 52, true),
    hostSize: view.getUint32(offset + 56, true),
    hostCount: view.getUint32(offset + 60, true),
    hostOffset: view.getUint32(offset + 64, true),
    processOffset: view.getUint32(offset + 68, true),
    socketOffset: view.getUint32(offset + 72, true),
    recordOffset: view.getUint32(offset + 76, true),
    features: view.getUint32(offset + 80, true),
    memberOffset: view.getUint32(offset + 84, true),
    memberSize: view.getUint32(offset + 88, true),
    memberCount: view.getUint32(offset + 92, true),
    head: view.getBigUint64(offset + 128, true),
    lost: view.getBigUint64(offset + 136, true),
    registryLost: view.getBigUint64(offset + 144, true),
    processLost: view.getBigUint64(offset + 152, true),
    nextMessage: view.getBigUint64(offset + 160, true),
    nextStreamPort: view.getUint32(offset + 168, true),
    nextDatagramPort: view.getUint32(offset + 172, true),
    spilling: view.getUint32(offset + 176, true),
    marked: view.getUint32(offset + 180, true),
    crowded: view.getUint32(offset + 184, true),
    published: view.getUint32(offset + 192, true),
    waiters: view.getUint32(offset + 196, true),
    tail: view.getBigUint64(offset + 200, true),
  }
}

/** Size and offsets in bytes of the head of EXPLORE_FILE. */
export const exploreLayout = {
  size: 96,
  offsets: {
    magic: 0,
    version: 8,
    depth: 12,
    seed: 16,
    expected: 24,
    testPid: 28,
    testTid: 32,
    spawned: 36,
    arrived: 40,
    forgiven: 44,
    births: 48,
    lead: 52,
    turn: 56,
    taken: 60,
    choices: 64,
    changed: 68,
    actors: 72,
    lost: 76,
    late: 80,
    lingers: 84,
    testForgiven: 88,
  },
} as const

/** The head of EXPLORE_FILE. */
export interface WireExplore {
  /** EXPLORE_MAGIC */
  magic: bigint
  /** EXPLORE_VERSION */
  version: number
  /** the depth of a race that is looked for: priorities change once less */
  depth: number
  /** all priorities and changes are drawn from it */
  seed: bigint
  /** how many choices a run is expected to have: the changes are drawn among them */
  expected: number
  /** the process of the test, whose threads are waited for as others are, but never held */
  testPid: number
  /** its only thread that counts; 0: all */
  testTid: number
  /** processes that the test has started; written by the test alone */
  spawned: number
  /** those of them that have come */
  arrived: number
  /** those that did not come in time */
  forgiven: number
  /** processes that are just being made by others */
  births: number
  /** thread that chooses who goes on, 0: none */
  lead: number
  /** futex: grows with each arrival and each choice */
  turn: number
  /** hand-overs so far */
  taken: number
  /** those of them for which several threads waited */
  choices: number
  /** bit n: change n of the priorities has happened */
  changed: number
  /** rows of the table of actors that are used */
  actors: number
  /** threads that found that table full, and are not held */
  lost: number
  /** hand-overs of threads that had waited for too long */
  late: number
  /** how often the sleepers were given time to wake up */
  lingers: number
  /** hand-overs so far + 1 when the test was last not waited for */
  testForgiven: number
}

export function readExplore(view: DataView, offset = 0): WireExplore {
  return {
    magic: view.getBigUint64(offset + 0, true),
    version: view.getUint32(offset + 8, true),
    depth: view.getUint32(offset + 12, true),
    seed: view.getBigUint64(offset + 16, true),
    expected: view.getUint32(offset + 24, true),
    testPid: view.getUint32(offset + 28, true),
    testTid: view.getUint32(offset + 32, true),
    spawned: view.getUint32(offset + 36, true),
    arrived: view.getUint32(offset + 40, true),
    forgiven: view.getUint32(offset + 44, true),
    births: view.getUint32(offset + 48, true),
    lead: view.getUint32(offset + 52, true),
    turn: view.getUint32(offset + 56, true),
    taken: view.getUint32(offset + 60, true),
    choices: view.getUint32(offset + 64, true),
    changed: view.getUint32(offset + 68, true),
    actors: view.getUint32(offset + 72, true),
    lost: view.getUint32(offset + 76, true),
    late: view.getUint32(offset + 80, true),
    lingers: view.getUint32(offset + 84, true),
    testForgiven: view.getUint32(offset + 88, true),
  }
}

/** Size and offsets in bytes of one thread that hands over. */
export const actorLayout = {
  size: 56,
  offsets: {
    pid: 0,
    tid: 4,
    path: 8,
    priority: 16,
    state: 24,
    point: 28,
    parent: 32,
    place: 36,
    children: 40,
    stray: 44,
    lingered: 48,
    steps: 52,
  },
} as const

/** One thread that hands over. */
export interface WireActor {
  /** 0: free, or just being filled */
  pid: number
  /** the same as pid for the first thread */
  tid: number
  /** its place in the tree of processes, mixed into one number */
  path: bigint
  /** who has more goes first */
  priority: bigint
  /** an ACTOR_ of wire.h */
  state: number
  /** where it waits: a POINT of point.def */
  point: number
  /** row + 1 of the process that made it, or whose thread it is; 0: the test */
  parent: number
  /** its number among what its parent made; 0: not known yet */
  place: number
  /** how many numbers its own children have taken */
  children: number
  /** 1 when it ran for too long without handing over anything: nobody waits for it */
  stray: number
  /** 1 when others have given it time to wake up, in vain */
  lingered: number
  /** its hand-overs so far */
  steps: number
}

export function readActor(view: DataView, offset = 0): WireActor {
  return {
    pid: view.getUint32(offset + 0, true),
    tid: view.getUint32(offset + 4, true),
    path: view.getBigUint64(offset + 8, true),
    priority: view.getBigUint64(offset + 16, true),
    state: view.getUint32(offset + 24, true),
    point: view.getUint32(offset + 28, true),
    parent: view.getUint32(offset + 32, true),
    place: view.getUint32(offset + 36, true),
    children: view.getUint32(offset + 40, true),
    stray: view.getUint32(offset + 44, true),
    lingered: view.getUint32(offset + 48, true),
    steps: view.getUint32(offset + 52, true),
  }
}

/** Size and offsets in bytes of one hand-over. */
export const stepLayout = {
  size: 8,
  offsets: {
    actor: 0,
    point: 4,
    late: 6,
  },
} as const

/** One hand-over. */
export interface WireStep {
  /** row of the actor */
  actor: number
  /** a POINT of point.def */
  point: number
  /** 1 when it was not chosen, but had waited for too long */
  late: number
}

export function readStep(view: DataView, offset = 0): WireStep {
  return {
    actor: view.getUint32(offset + 0, true),
    point: view.getUint16(offset + 4, true),
    late: view.getUint16(offset + 6, true),
  }
}

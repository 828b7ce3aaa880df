// The matchers as `expect` has them. One form for vitest 4 and 5: augmented without type parameters, which the two name differently.
import type { Endpoint } from './endpoint.ts'
import type { SocketInfoPattern } from './matchers.ts'
import type { ProcessLike } from './owners.ts'

export interface SocketMatchers {
  /**
   * On a pass: what the receiver holds is what the sender held at the send, field by field: in the envelope, in the answers of getsockname,
   * getpeername and getsockopt, and in the kernel's cookie.
   */
  toRecreateSocketInfo(): void
  /** On a socket, a pass (what was received), or an info: it has these fields. Nested objects need only some of theirs. */
  toHaveSocketInfo(info: SocketInfoPattern): void
  /** It listens there; a datagram socket is bound there. */
  toBeListeningOn(endpoint: Endpoint): void
  toBeConnectedTo(endpoint: Endpoint): void
  /** On a socket or a pass: the right to take its input belongs to that process. */
  toBeOwnedBy(process: ProcessLike): void
  /** On a socket or a pass: since it was passed or inherited, nobody else has taken input from it. */
  toBeConsumedOnlyBy(process: ProcessLike): void
  /** On a socket or a pass: these processes hold it and no other; the end of the test finds nothing wrong with that. */
  toBeSharedBy(...processes: ProcessLike[]): void
  /** On a pass: it is not in flight any more. */
  toHaveBeenReceived(): void
  /** On a network: no rule finds a leak now, also none that only warns. Every test is judged at its end as well. */
  toHaveNoLeaks(): void
  /** On a network: no rule finds a race now, also none that only warns. Every test is judged at its end as well. */
  toHaveNoRaces(): void
}

declare module 'vitest' {
  interface Matchers extends SocketMatchers {}
  interface AsymmetricMatchersContaining extends SocketMatchers {}
}

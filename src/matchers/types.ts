// The matchers as `expect` has them. One form for vitest 4 and 5: augmented without type parameters, which the two name differently.
import type { Endpoint } from './endpoint.ts'
import type { SocketInfoPattern } from './matchers.ts'

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
  /** On a network: no rule finds a leak now, also none that only warns. Every test is judged at its end as well. */
  toHaveNoLeaks(): void
  /** On a network: no rule finds a race now, also none that only warns. Every test is judged at its end as well. */
  toHaveNoRaces(): void
}

declare module 'vitest' {
  interface Matchers extends SocketMatchers {}
  interface AsymmetricMatchersContaining extends SocketMatchers {}
}

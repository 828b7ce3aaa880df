// Whether the journal has everything that happened. When it has not, nothing can be said about the test.
import type { Forgotten } from '../journal/views.ts'
import type { WireArena } from '../wire/layout.gen.ts'

export type Incompleteness =
  /** `option` is the name of the limit under `arena` in the options. */
  | { what: string; lost: number; limit: number; option: 'records' | 'sockets' | 'processes' }
  /** Only the timeline forgot them: it keeps the newest. */
  | { what: string; lost: number; limit: null; option: null }

/** What found no room in the arena or in the timeline, most important first; empty when everything is there. */
export function findIncompleteness(head: WireArena, forgotten: Forgotten): Incompleteness[] {
  const found: Incompleteness[] = [
    { what: 'records', lost: Number(head.lost), limit: head.recordCount, option: 'records' },
    { what: 'sockets', lost: Number(head.registryLost), limit: head.socketCount, option: 'sockets' },
    { what: 'processes', lost: Number(head.processLost), limit: head.processCount, option: 'processes' },
    { what: 'old events', lost: forgotten.events, limit: null, option: null },
    { what: 'old sockets', lost: forgotten.sockets, limit: null, option: null },
    { what: 'old passes', lost: forgotten.passes, limit: null, option: null },
  ]
  return found.filter(({ lost }) => lost > 0)
}

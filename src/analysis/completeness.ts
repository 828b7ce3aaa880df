// Whether the journal has everything that happened. When it has not, nothing can be said about the test.
import type { Forgotten } from '../journal/views.ts'
import type { WireArena } from '../wire/layout.gen.ts'

export type Incompleteness = {
  what: string
  lost: number
  /** null when the timeline forgot them: it keeps the newest. */
  limit: number | null
  /** The name of the limit under `arena` in the options; null when no option raises it. */
  option: 'records' | 'sockets' | 'processes' | null
}

/** What found no room in the arena or in the timeline, most important first; empty when everything is there. */
export function findIncompleteness(head: WireArena, forgotten: Forgotten): Incompleteness[] {
  const found: Incompleteness[] = [
    { what: 'events', lost: Number(head.lost), limit: head.recordCount, option: 'records' },
    { what: 'sockets', lost: Number(head.registryLost), limit: head.socketCount, option: 'sockets' },
    { what: 'processes', lost: Number(head.processLost), limit: head.processCount, option: 'processes' },
    { what: 'old events', lost: forgotten.events, limit: null, option: null },
    { what: 'old sockets', lost: forgotten.sockets, limit: null, option: null },
    { what: 'old passes', lost: forgotten.passes, limit: null, option: null },
  ]
  return found.filter(({ lost }) => lost > 0)
}

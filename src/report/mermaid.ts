// A socket's life as a Mermaid sequence diagram: GitHub shows one in a summary, an issue or a file, editors do in Markdown.
import type { Finding } from '../analysis/finding.ts'
import type { Names } from '../journal/names.ts'
import type { SocketStory } from '../journal/views.ts'
import type { JournalEvent } from '../wire/events.ts'
import { type Step, stepsOf } from './history.ts'
import { formatHolder, formatSocket } from './text.ts'

/** More would not fit on a page; the first and the last steps tell the most. */
const shownSteps = 40

/** A diagram of the socket that a finding is about, with its operations marked; null where it is about none. */
export function formatDiagram({ rule, socket, operations }: Finding, names: Names): string | null {
  if (socket === null) return null
  const { history } = socket
  const steps = stepsOf(socket, names)
  const left = Math.max(0, steps.length - shownSteps)
  const head = steps.slice(0, shownSteps / 2)
  const tail = left === 0 ? steps.slice(shownSteps / 2) : steps.slice(-shownSteps / 2)
  const pids = [...new Set([...head, ...tail].flatMap(({ event }) => [event.pid, ...receiversOf(history, event)]))]
  const line = ({ event, text }: Step): string[] => {
    const mark = operations.includes(event) ? ` (${rule})` : ''
    const receivers = receiversOf(history, event)
    if (receivers.length === 0) return [`Note over p${event.pid}: ${plain(`fd ${event.fd} ${text}${mark}`)}`]
    return receivers.map((pid) => `p${event.pid}->>p${pid}: ${plain(`passes fd ${event.fd}${mark}`)}`)
  }
  return [
    'sequenceDiagram',
    `  %% ${plain(formatSocket(socket, names))}`,
    ...pids.map((pid) => `  participant p${pid} as ${plain(formatHolder({ pid, fd: -1 }, names))}`),
    ...head.flatMap(line).map(indent),
    ...(left > 0 && pids[0] !== undefined ? [indent(`Note over p${pids[0]}: ${left} more`)] : []),
    ...tail.flatMap(line).map(indent),
  ].join('\n')
}

function indent(line: string): string {
  return `  ${line}`
}

/** What ends a statement, or begins a comment, in Mermaid. */
function plain(text: string): string {
  return text
    .replaceAll(/[;#\n]/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

function receiversOf(history: SocketStory['history'], { op, messageId, position }: JournalEvent): number[] {
  if (op !== 'passSend') return []
  const receipts = history.filter((other) => other.op === 'passReceive')
  return receipts.flatMap((other) => (other.messageId === messageId && other.position === position ? [other.pid] : []))
}

/** As Markdown. */
export function formatDiagrams(diagrams: readonly string[]): string {
  return diagrams.map((diagram) => `\`\`\`mermaid\n${diagram}\n\`\`\`\n`).join('\n')
}

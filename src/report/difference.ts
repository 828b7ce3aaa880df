// The fields that were not recreated, as a table.
import type { Difference, FieldValue } from '../analysis/recreation.ts'
import type { PassView } from '../journal/views.ts'
import { formatAddress } from './text.ts'

const places = { envelope: 'the envelope', receiver: 'the receiver' } as const

/** `peer: sent 10.53.57.1:49152, the envelope had 10.53.57.1:49152, the receiver has none`, one line for each field. */
export function formatDifferences(differences: readonly Difference[], pass: PassView): string[] {
  const fields = [...new Set(differences.map(({ field }) => field))]
  return fields.map((field) => {
    const own = differences.filter((difference) => difference.field === field)
    const isOnlyInReceiver = pass.envelope !== null && own.every(({ where }) => where !== 'envelope')
    const found = own.map(({ where, found }) => `${places[where]} has ${formatValue(found)}`)
    if (isOnlyInReceiver) found.unshift('the envelope has the same')
    return `${field}: the sender had ${formatValue(own[0]?.sent ?? null)}, ${found.join(', ')}`
  })
}

function formatValue(value: FieldValue): string {
  if (value === null) return 'none'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(' ')
  return typeof value === 'object' && 'address' in value ? formatAddress(value) : String(value)
}

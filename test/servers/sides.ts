import { referenceEnvironment, shimEnvironment } from '../helpers.ts'

/** Who a process runs under. */
export type Side = 'ours' | 'reference'

export function environmentOf(
  side: Side,
  directory: string,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return side === 'ours' ? shimEnvironment(directory, more) : referenceEnvironment(directory, more)
}

/** Server and client, each under ours and under the reference, but not both under the reference. */
export const pairs: readonly (readonly [server: Side, client: Side])[] = [
  ['ours', 'reference'],
  ['reference', 'ours'],
  ['ours', 'ours'],
]

// What hosts and processes are called in messages.

export type Names = {
  /** `web` for interface 2. */
  host(number: number): string
  /** `master` for a pid, without the pid. */
  process(pid: number): string
}

/** Views carry the names of their network, so that a message about one needs nothing else. Registered: a linked package is loaded twice. */
export const namesKey = Symbol.for('vitest-environment-socket-wrapper.names')

export type Named = { readonly [namesKey]?: Names }

/** Not enumerable: who prints or compares a view wants its facts. */
export function withNames<View extends object>(view: View, names: Names): View & Named {
  return Object.defineProperty(view, namesKey, { value: names })
}

/** For infos and views that no network made. */
export const plainNames: Names = {
  host: (number) => (number === 1 ? 'test' : `host ${number}`),
  process: () => 'process',
}

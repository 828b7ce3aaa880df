// A linked package is loaded twice in a worker, once for the environment and once for the tests: what both must agree on lives here.
// On `process`, not on `globalThis`: the tests of a vm pool have a global of their own.
import process from 'node:process'

const key = Symbol.for('vitest-environment-socket-wrapper')

/** The one value of that name in this thread, made by whoever asks first. */
export function shared<Value>(name: string, make: () => Value): Value {
  const holder = process as { [key]?: Map<string, unknown> }
  const values = (holder[key] ??= new Map<string, unknown>())
  if (!values.has(name)) values.set(name, make())
  return values.get(name) as Value
}

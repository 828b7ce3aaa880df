// Processes that a test starts by node:child_process itself are in its network as well, on the test's own host.
import childProcess from 'node:child_process'
import { syncBuiltinESMExports } from 'node:module'
import process from 'node:process'
import { current } from './current.ts'
import { type CoreNetwork, environmentOf } from './network.ts'

type SpawnOptions = { envPairs?: string[] }
type ChildPrototype = { spawn(options: SpawnOptions): unknown }

export function patchChildren(): () => void {
  const undo = [patchAsynchronous(), ...(['spawnSync', 'execFileSync', 'execSync'] as const).map(patchSynchronous)]
  syncBuiltinESMExports()
  return () => {
    undo.forEach((each) => each())
    syncBuiltinESMExports()
  }
}

/** spawn, exec, execFile and fork all end here, with the environment as pairs. */
function patchAsynchronous(): () => void {
  const prototype = childProcess.ChildProcess.prototype as unknown as ChildPrototype
  const original = prototype.spawn
  prototype.spawn = function spawn(options) {
    const network = networkFor(pairsToEnvironment(options.envPairs ?? []))
    const pairs = network === undefined ? undefined : addTo(network, options.envPairs ?? [])
    return Reflect.apply(original, this, [pairs === undefined ? options : { ...options, envPairs: pairs }])
  }
  return () => {
    prototype.spawn = original
  }
}

function patchSynchronous(name: 'spawnSync' | 'execFileSync' | 'execSync'): () => void {
  const original = childProcess[name]
  const patched = (...values: unknown[]): unknown => {
    // (file, options), (file, arguments, options), each with the last ones left out.
    const at = values.findLastIndex((value) => typeof value === 'object' && value !== null && !Array.isArray(value))
    const options = (at === -1 ? {} : values[at]) as { env?: NodeJS.ProcessEnv }
    const env = options.env ?? process.env
    const network = networkFor(env)
    if (network === undefined) return Reflect.apply(original, childProcess, values)
    const given = at === -1 ? values.filter((value) => value !== undefined && value !== null) : values.slice(0, at)
    const added = { ...options, env: { ...env, ...environmentOf(network, network.hosts.get('test'), env) } }
    return Reflect.apply(original, childProcess, [...given, added])
  }
  Object.assign(childProcess, { [name]: patched })
  return () => void Object.assign(childProcess, { [name]: original })
}

/** undefined outside of tests, and for a child whose environment names a network already. */
function networkFor(env: NodeJS.ProcessEnv): CoreNetwork | undefined {
  const where = current()
  return where.kind === 'network' && env['SOCKET_WRAPPER_DIR'] === undefined ? where.network : undefined
}

function pairsToEnvironment(pairs: readonly string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
}

function addTo(network: CoreNetwork, pairs: readonly string[]): string[] {
  const added = environmentOf(network, network.hosts.get('test'), pairsToEnvironment(pairs))
  const kept = pairs.filter((pair) => !(pair.slice(0, pair.indexOf('=')) in added))
  return [...kept, ...Object.entries(added).map(([name, value]) => `${name}=${value}`)]
}

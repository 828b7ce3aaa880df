// A network: its directory, its arena, its hosts, and this process on host 1. What runs in it is the business of other folders.
import { type ArenaHandle, native, shimPath } from '../native.ts'
import type { Options } from '../options.ts'
import { destroyAgents } from './agents.ts'
import { nowMs } from './clock.ts'
import { baseDirectories, type Directory, makeDirectory } from './directory.ts'
import { closeHandles } from './handles.ts'
import { createHosts, type HostEntry, type Hosts } from './hosts.ts'

export type CoreNetwork = {
  readonly id: number
  readonly dir: string
  readonly directory: Directory
  readonly arena: ArenaHandle
  readonly hosts: Hosts
  readonly isConcurrent: boolean
  readonly isOpen: boolean
  readonly options: Options
  /** Real addresses of the option `passthrough`, as the shim reads them. */
  readonly passthrough: string
  /** Names of the option `passthrough`: the system resolves them. */
  readonly passedNames: readonly string[]
  /** nowMs at its opening. */
  readonly openedAtMs: number
  /** Ends every socket that this process has in it. The directory stays. */
  close(): void
}

export type NetworkSetup = Pick<CoreNetwork, 'options' | 'passthrough' | 'passedNames' | 'isConcurrent'>

export function openNetwork(setup: NetworkSetup): CoreNetwork {
  const { options } = setup
  const shape = { ...options.arena, abstractClients: true }
  const directory = makeDirectory(baseDirectories(), (path) => native.createArena(path, shape))
  const dir = directory.path
  const arena = native.openArena(dir)
  const hosts = createHosts((host) => native.addHost(arena, host.number, host.name))
  for (const name of options.hosts) hosts.get(name)
  const id = native.openNetwork(dir, 1, setup.passthrough)
  let isOpen = true
  return {
    ...setup,
    id,
    dir,
    directory,
    arena,
    hosts,
    openedAtMs: nowMs(),
    get isOpen() {
      return isOpen
    },
    close() {
      if (!isOpen) return
      isOpen = false
      closeHandles(id)
      destroyAgents(id)
      native.closeNetwork(id)
    },
  }
}

/** The environment variables that bring a program into the network. A preload of the user's own stays, after ours. */
export function environmentOf(network: CoreNetwork, host: HostEntry, base: NodeJS.ProcessEnv): Record<string, string> {
  const preload = base['LD_PRELOAD']
  const others = preload?.split(/[ :]+/).filter((library) => library !== '' && library !== shimPath) ?? []
  return {
    LD_PRELOAD: [shimPath, ...others].join(':'),
    SOCKET_WRAPPER_DIR: network.dir,
    SOCKET_WRAPPER_DEFAULT_IFACE: String(host.number),
    SOCKET_WRAPPER_IPV4_NETWORK: '10.53.57.0',
    VITEST_SOCKET_WRAPPER_PASSTHROUGH: network.passthrough,
    VITEST_SOCKET_WRAPPER_LOG: network.options.log ?? `${network.dir}/log`,
  }
}

// A network: its directory, its arena, its hosts, and this process on host 1. What runs in it is the business of other folders.
import { chmodSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type ArenaHandle, native } from '../native.ts'
import type { Options } from '../options.ts'
import { CAPTURE_FILE } from '../wire/layout.gen.ts'
import type { ExplorePlan } from '../wire/explore.ts'
import { destroyAgents } from './agents.ts'
import { nowMs } from './clock.ts'
import { baseDirectories, type Directory, makeDirectory } from './directory.ts'
import { createExploring, type Exploring } from './explore.ts'
import { closeHandles } from './handles.ts'
import { createHosts, type HostEntry, type Hosts } from './hosts.ts'
import { preloadPath } from './preload.ts'
import { endQuestions } from './questions.ts'

export type CoreNetwork = {
  readonly id: number
  readonly dir: string
  readonly directory: Directory
  readonly arena: ArenaHandle
  /** Where what goes over it is recorded; null: nowhere. */
  readonly capture: string | null
  readonly hosts: Hosts
  /** null: nothing is explored. */
  readonly exploring: Exploring | null
  readonly isConcurrent: boolean
  readonly isOpen: boolean
  readonly options: Options
  /** Real addresses of the option `passthrough`, and what its names stand for (`name=address`), as the shim reads them. */
  readonly passthrough: string
  /** Names of the option `passthrough`: the system resolves them. */
  readonly passedNames: readonly string[]
  /** nowMs at its opening. */
  readonly openedAtMs: number
  /** Ends every socket that this process has in it. The directory stays. */
  close(): void
}

export type NetworkSetup = Pick<CoreNetwork, 'options' | 'passthrough' | 'passedNames' | 'isConcurrent'> & {
  readonly plan: ExplorePlan | null
}

export function openNetwork({ plan, ...setup }: NetworkSetup): CoreNetwork {
  const { options } = setup
  const isCaptured = options.capture !== false
  const shape = { ...options.arena, abstractClients: true, isCaptured }
  const directory = makeDirectory(baseDirectories(), (path) => {
    native.createArena(path, shape)
    if (isCaptured) createCapture(join(path, CAPTURE_FILE))
  })
  const dir = directory.path
  const arena = native.openArena(dir)
  const exploring = plan === null ? null : createExploring(dir, plan)
  const hosts = createHosts((host) => native.addHost(arena, host.number, host.name))
  for (const name of options.hosts) hosts.get(name)
  const id = native.openNetwork(dir, 1, setup.passthrough)
  let isOpen = true
  return {
    ...setup,
    id,
    dir,
    directory,
    capture: isCaptured ? join(dir, CAPTURE_FILE) : null,
    arena,
    exploring,
    hosts,
    openedAtMs: nowMs(),
    get isOpen() {
      return isOpen
    },
    close() {
      if (!isOpen) return
      isOpen = false
      endQuestions(id)
      closeHandles(id)
      destroyAgents(id)
      native.closeNetwork(id)
    },
  }
}

/** For every user that a process of the network may run as: the directory keeps the others out. */
function createCapture(path: string): void {
  writeFileSync(path, '')
  chmodSync(path, 0o666)
}

/** The environment variables that bring a program into the network. A preload of the user's own stays, after ours. */
export function environmentOf(network: CoreNetwork, host: HostEntry, base: NodeJS.ProcessEnv): Record<string, string> {
  const shim = preloadPath(network.dir)
  const others =
    base['LD_PRELOAD']?.split(/[ :]+/).filter((library) => library !== '' && basename(library) !== basename(shim)) ?? []
  return {
    LD_PRELOAD: [shim, ...others].join(':'),
    SOCKET_WRAPPER_DIR: network.dir,
    SOCKET_WRAPPER_DEFAULT_IFACE: String(host.number),
    SOCKET_WRAPPER_IPV4_NETWORK: '10.53.57.0',
    VITEST_SOCKET_WRAPPER_PASSTHROUGH: network.passthrough,
    ...(network.exploring === null ? {} : { VITEST_SOCKET_WRAPPER_EXPLORE: String(network.exploring.start()) }),
    VITEST_SOCKET_WRAPPER_LOG: network.options.log ?? `${network.dir}/log`,
  }
}

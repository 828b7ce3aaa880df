// The entry ".": what vitest loads for `environment: 'socket-wrapper'`.
import type { Environment } from 'vitest/runtime'
import { SocketWrapperError } from './errors.ts'
import { activate } from './fixtures/activate.ts'
import { registerHooks } from './fixtures/hooks.ts'
import { matchers } from './fixtures/matchers.ts'
import { pluginVariable } from './fixtures/active.ts'
import type { SocketWrapperOptions } from './options.ts'

// Kept in the emitted types: without an import of vitest/node, vitest 4 ignores the augmentation below.
export type { EnvironmentOptions } from 'vitest/node'
export type { ArenaOptions, SocketWrapperOptions } from './options.ts'

declare module 'vitest/node' {
  interface EnvironmentOptions {
    'socket-wrapper'?: SocketWrapperOptions
  }
}

const name = 'socket-wrapper'

const environment: Environment = {
  name,
  viteEnvironment: 'ssr',
  async setup(_global, options) {
    const deactivate = await activate(options[name])
    const unhook = await hookEachFile()
    return {
      async teardown() {
        unhook()
        await deactivate()
      },
    }
  },
  async setupVM(options) {
    // The tests of a vm pool have a vitest of their own, which only a setup file can reach: the plugin has one.
    if (process.env[pluginVariable] === undefined) throw new SocketWrapperError('VM_POOL', { environment: name })
    const { builtinEnvironments } = await import('vitest/runtime')
    const node = builtinEnvironments.node
    if (node.setupVM === undefined) throw new SocketWrapperError('VM_POOL', { environment: name })
    const deactivate = await activate(options[name])
    const vm = await node.setupVM(options)
    return {
      getVmContext: () => vm.getVmContext(),
      async teardown() {
        await vm.teardown()
        await deactivate()
      },
    }
  },
}

/** An environment knows no tests; vitest's runner tells it of each file that it is about to collect. */
async function hookEachFile(): Promise<() => void> {
  const { aroundEach, expect, TestRunner } = await import('vitest')
  expect.extend(matchers)
  const runner = TestRunner.prototype
  const original = runner.importFile
  runner.importFile = function importFile(path, source) {
    if (source === 'collect') registerHooks(aroundEach)
    return original.call(this, path, source)
  }
  return () => {
    runner.importFile = original
  }
}

export default environment

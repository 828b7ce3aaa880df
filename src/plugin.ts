// The entry "./plugin": for vm pools, and to have a wrong option told before any worker starts.
import { fileURLToPath } from 'node:url'
import type { Vite, VitestPluginContext } from 'vitest/node'
import { pluginVariable } from './fixtures/active.ts'
import { parseOptions } from './options.ts'

/** Without the \0 that other virtual modules have: vitest 4 runs such a setup file once per worker only. */
const setupId = 'virtual:vitest-environment-socket-wrapper/setup'
const name = 'socket-wrapper'

/** Optional: `plugins: [socketWrapper()]` beside `environment: 'socket-wrapper'`. */
export default function socketWrapper(): Vite.Plugin & { configureVitest(context: VitestPluginContext): void } {
  // The same file name from src/ and from dist/.
  const hooks = fileURLToPath(new URL(`./fixtures/hooks${import.meta.url.slice(-3)}`, import.meta.url))
  return {
    name: 'vitest-environment-socket-wrapper',
    resolveId: (id) => (id === setupId ? setupId : undefined),
    load: (id) =>
      id === setupId
        ? `import { aroundEach } from 'vitest'\nimport { registerHooks } from ${JSON.stringify(hooks)}\nregisterHooks(aroundEach)`
        : undefined,
    configureVitest({ project }: VitestPluginContext) {
      const { config } = project
      if (config.environment === name) parseOptions(config.environmentOptions?.[name])
      if (!/^vm/.test(config.pool)) return
      config.env = { ...config.env, [pluginVariable]: '1' }
      config.setupFiles.unshift(setupId)
    },
  }
}

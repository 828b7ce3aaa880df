import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(`../src/${path}`, import.meta.url))

export default defineConfig({
  test: {
    include: ['bench/*.bench.ts'],
    root: fileURLToPath(new URL('..', import.meta.url)),
    environment: 'socket-wrapper',
    fileParallelism: false,
    testTimeout: 600_000,
    disableConsoleIntercept: true,
    alias: [
      { find: /^vitest-environment-socket-wrapper\/test$/, replacement: source('test.ts') },
      { find: /^vitest-environment-socket-wrapper$/, replacement: source('environment.ts') },
    ],
  },
})

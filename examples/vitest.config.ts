import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    environment: 'socket-wrapper',
    include: ['examples/**/*.test.ts'],
    reporters: ['vitest-environment-socket-wrapper/reporter', 'default'],
    testTimeout: 30_000,
  },
})

import { defineConfig } from 'vitest/config'

// A run that is to be counted names a file for its results.
const report = process.env['TEST_REPORT']
const counted: ['json', { outputFile: string }][] = report === undefined ? [] : [['json', { outputFile: report }]]

export default defineConfig({
  test: {
    environment: 'socket-wrapper',
    include: ['examples/**/*.test.ts'],
    reporters: ['vitest-environment-socket-wrapper/reporter', 'default', ...counted],
    testTimeout: 30_000,
  },
})

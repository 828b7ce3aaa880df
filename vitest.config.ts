import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

// Compiles the C programs that the tests run; it leaves alone what is up to date, so each project may call it.
const globalSetup = existsSync(path('test/global-setup.ts')) ? [path('test/global-setup.ts')] : []

// Directories of test/. Each starts in vitest's own environment; a file asks for ours with `// @vitest-environment socket-wrapper`.
const projects = ['unit', 'arena', 'shim', 'servers', 'stress', 'e2e', 'random'].filter((name) =>
  existsSync(path(`test/${name}`)),
)

// A run that is to be counted names a file for its results; a vitest that a test starts must not write to it.
const report = process.env['TEST_REPORT']
delete process.env['TEST_REPORT']

export default defineConfig({
  // The package's own name means its sources, so that nothing has to be built to try a change.
  resolve: {
    alias: [
      { find: /^vitest-environment-socket-wrapper$/, replacement: path('src/environment.ts') },
      { find: /^vitest-environment-socket-wrapper\/(test|plugin|reporter)$/, replacement: path('src/$1.ts') },
    ],
  },
  test: {
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    projects: projects.map((name) => ({
      extends: true as const,
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        // Each e2e test starts a vitest of its own, or several.
        testTimeout: name === 'e2e' ? 120_000 : 30_000,
        hookTimeout: 60_000,
        ...(name === 'unit'
          ? {}
          : { globalSetup: [...globalSetup, ...(name === 'e2e' ? [path('test/e2e/global-setup.ts')] : [])] }),
      },
    })),
  },
})

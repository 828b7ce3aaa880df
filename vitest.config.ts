import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { ruleIds, rules } from './src/rules.ts'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

// Directories of test/. Each starts in vitest's own environment; a file asks for ours with `// @vitest-environment socket-wrapper`.
const projects = ['unit', 'arena', 'shim', 'servers', 'stress', 'e2e', 'random', 'findings'].filter((name) =>
  existsSync(path(`test/${name}`)),
)

// The standard one compiles the C programs that the tests run; it leaves alone what is up to date, so each project may call it.
const setups: Readonly<Record<string, readonly string[]>> = {
  unit: [],
  e2e: ['test/global-setup.ts', 'test/e2e/global-setup.ts'],
  findings: ['test/findings/setup.ts'],
}

// A server under load has more events at a time than a test.
const strict = {
  arena: { records: 65536 },
  rules: Object.fromEntries(ruleIds.filter((id) => rules[id].level === 'warn').map((id) => [id, 'fail'])),
}

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
        // Of a real server also what only warns is a fault: its own, which its test then names, or one of the rules.
        environmentOptions: name === 'servers' ? { 'socket-wrapper': strict } : {},
        // Each e2e test starts a vitest of its own, or several.
        testTimeout: name === 'e2e' ? 120_000 : 30_000,
        hookTimeout: 60_000,
        globalSetup: (setups[name] ?? ['test/global-setup.ts']).map(path),
      },
    })),
  },
})

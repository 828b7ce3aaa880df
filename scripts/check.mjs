// SPDX-License-Identifier: MIT
// Runs each script check:* of package.json under its name, all of them to the end; exit code 1 when any fails.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))
const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const checks = Object.keys(scripts).filter((name) => name.startsWith('check:'))

const failed = checks.filter((name) => {
  console.log(`\n== ${name}: ${scripts[name]}`)
  const { status, signal } = spawnSync('npm', ['run', '--silent', name], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  console.log(status === 0 ? `${name} passed` : `${name} FAILED (${signal ?? `exit code ${status}`})`)
  return status !== 0
})

console.log(
  `\n${checks.length - failed.length} checks passed, ${failed.length} failed${failed.map((name) => ` ${name}`).join('')}`,
)
process.exitCode = failed.length > 0 ? 1 : 0

import { type ChildProcess, spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { onTestFinished } from 'vitest'

import { plainEnvironment } from '../helpers.ts'
import { buildPackage, packageName } from './package.ts'

export type Project = {
  /** Files by name; vitest.config.ts is made of `config`. */
  readonly files: Readonly<Record<string, string>>
  /** What stands under `test` in the config, beside the environment, as source. */
  readonly config?: string
  readonly imports?: string
  readonly plugins?: string
  /** Standard: true. */
  readonly hasEnvironment?: boolean
  /** A package outside of node_modules, which vite loads twice. Standard: false. */
  readonly isLinked?: boolean
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string | undefined>>
}

export type TestOutcome = { readonly state: string; readonly message: string }

export type Outcome = {
  readonly exitCode: number | null
  /** What vitest printed, without colours. */
  readonly output: string
  /** By full name. */
  readonly tests: Readonly<Record<string, TestOutcome>>
}

export type StartedVitest = {
  readonly child: ChildProcess
  readonly dir: string
  /** Resolves with the first match in what is printed. */
  find(pattern: RegExp): Promise<RegExpExecArray>
  readonly outcome: Promise<Outcome>
}

const vitest = dirname(createRequire(import.meta.url).resolve('vitest/package.json'))

/** Runs vitest on a project of its own, as a user would. */
export async function runVitest(project: Project): Promise<Outcome> {
  return (await startVitest(project)).outcome
}

export async function startVitest(project: Project): Promise<StartedVitest> {
  const dir = await makeProject(project)
  const report = join(dir, 'report.json')
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...(project.args ?? [])]
  const child = spawn(process.execPath, [join(vitest, 'vitest.mjs'), ...args], {
    cwd: dir,
    env: { ...environment(), ...project.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const listeners = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += stripVTControlCharacters(text)
      for (const listener of [...listeners]) listener()
    })
  }
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  onTestFinished(async () => {
    if (child.exitCode === null) child.kill('SIGKILL')
    await closed
    await rm(dir, { recursive: true, force: true })
  })
  return {
    child,
    dir,
    find: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(output)
          if (found === null) return
          listeners.delete(look)
          resolve(found)
        }
        listeners.add(look)
        void closed.then(() => reject(new Error(`vitest ended without ${String(pattern)}:\n${output}`)))
        look()
      }),
    outcome: closed.then(async (exitCode) => ({ exitCode, output, tests: await readReport(report) })),
  }
}

async function makeProject(project: Project): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'vsw-project-'))
  const installed = await buildPackage()
  const modules = join(dir, 'node_modules')
  await mkdir(modules)
  await symlink(vitest, join(modules, 'vitest'))
  if (project.isLinked) {
    const linked = join(dir, 'linked')
    await cp(installed, linked, { recursive: true })
    await symlink(linked, join(modules, packageName))
    for (const name of ['tmp', 'tmp-promise'])
      await symlink(join(installed, '../../../../..', name), join(modules, name))
  } else {
    await symlink(installed, join(modules, packageName))
  }
  const environment = project.hasEnvironment === false ? '' : "environment: 'socket-wrapper',"
  await writeFile(join(dir, 'package.json'), '{ "type": "module" }')
  await writeFile(
    join(dir, 'vitest.config.ts'),
    `import { defineConfig } from 'vitest/config'
${project.imports ?? ''}
export default defineConfig({ plugins: [${project.plugins ?? ''}], test: { ${environment} ${project.config ?? ''} } })\n`,
  )
  for (const [name, text] of Object.entries(project.files)) await writeFile(join(dir, name), text)
  return dir
}

/** Nothing of the vitest that runs this. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(plainEnvironment()).filter(
    ([name]) => !/^(VITEST|VITE_|TEST$|TEST_|NODE_ENV$|NODE_OPTIONS$|FORCE_COLOR$)/.test(name),
  )
  return { ...Object.fromEntries(own), NO_COLOR: '1' }
}

type Report = {
  testResults: { assertionResults: { fullName: string; status: string; failureMessages: string[] | null }[] }[]
}

async function readReport(path: string): Promise<Record<string, TestOutcome>> {
  const text = await readFile(path, 'utf8').catch(() => '{ "testResults": [] }')
  const results = (JSON.parse(text) as Report).testResults.flatMap((file) => file.assertionResults)
  return Object.fromEntries(
    results.map(({ fullName, status, failureMessages }) => [
      fullName,
      { state: status, message: stripVTControlCharacters((failureMessages ?? []).join('\n')) },
    ]),
  )
}

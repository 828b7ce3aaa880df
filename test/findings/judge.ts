// Runs a program of the matrix in a network of its own, and says what the end of a test would say of it.
import { fileURLToPath } from 'node:url'
import { type ErrorCode, SocketWrapperError } from '../../src/errors.ts'
import { openSandbox } from '../../src/fixtures/sandbox.ts'
import { type RuleId, ruleIds } from '../../src/rules.ts'
import { compileProgram } from '../helpers.ts'
import { type Case, type Language, sourceOf } from './table.ts'

export type Manner = 'wrong' | 'right'

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** Debian's own: the one of a version manager may be a script. */
const python = '/usr/bin/python3'

async function commandOf(language: Language, program: string): Promise<[string, ...string[]]> {
  if (language === 'c') return [await compileProgram(sourceOf(program))]
  if (language === 'node') return [process.execPath, path(`${program}.mjs`)]
  return [python, '-B', path(`${program}.py`)]
}

/** Also what only warns by default fails here. */
const rules = Object.fromEntries(ruleIds.map((id) => [id, 'fail']))

/** Ids of the rules that are broken, or codes of other errors; none: the test passes. */
export async function judge({ job, visit, fault }: Case, language: Language, manner: Manner): Promise<string[]> {
  const [program, name] = job
  const [command, ...first] = await commandOf(language, program)
  const title = `${language} ${job.join(' ')} ${manner}`
  const sandbox = openSandbox({ title, isConcurrent: false, timeoutMs: 20_000, rules })
  try {
    await sandbox.run(async () => {
      const args = [...first, name, fault === undefined ? manner : 'right']
      const env = {
        FINDINGS_STATIC: await compileProgram(sourceOf('static')),
        ...(fault !== undefined && manner === 'wrong' ? { VITEST_SOCKET_WRAPPER_FAULT: fault } : {}),
      }
      const server = await sandbox.network.host('web').spawn(command, args, { env, ready: { port: 80 } })
      await visit(sandbox.network, server)
    })
  } catch (error) {
    await sandbox.finish(true).catch(() => undefined)
    throw error
  }
  return sandbox.finish(false).then(() => [], verdictOf)
}

/** Rules whose error is another one than that of the others. */
const ownErrors = new Map<ErrorCode, RuleId>([
  ['PROCESS_ESCAPED', 'T1'],
  ['JOURNAL_INCOMPLETE', 'T3'],
])

function verdictOf(error: unknown): string[] {
  if (error instanceof AggregateError) return error.errors.flatMap(verdictOf)
  if (!(error instanceof SocketWrapperError)) throw error
  const broken: unknown = Object.getOwnPropertyDescriptor(error.details, 'rules')?.value
  return Array.isArray(broken)
    ? broken.map((rule) => String(rule).replace(/ .*/, ''))
    : [ownErrors.get(error.code) ?? error.code]
}

// Why a program can't run under the shim, told before it starts: a program that the loader does not preload runs on the real network.
import { constants } from 'node:fs'
import { access, open, stat } from 'node:fs/promises'
import { basename, delimiter, join, resolve } from 'node:path'
import process from 'node:process'
import { SocketWrapperError } from '../errors.ts'
import { type Elf, machineName, readElf } from './elf.ts'

/** Scripts whose interpreter is a script, and so on: the kernel's own limit is 4 (BINPRM, fs/exec.c). */
const maxScripts = 5
const headBytes = 4096

type Place = { readonly cwd: string; readonly env: NodeJS.ProcessEnv }

/**
 * The file that `command` means, after a look at what will load it.
 * @throws SocketWrapperError `COMMAND_NOT_FOUND` or `COMMAND_NOT_LOADABLE`.
 */
export async function findLoadable(command: string, place: Place): Promise<string> {
  const file = await findCommand(command, place)
  await checkFile(command, file, place, 0)
  return file
}

async function findCommand(command: string, { cwd, env }: Place): Promise<string> {
  const isPath = command.includes('/')
  const dirs = (env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin').split(delimiter)
  const path = [...new Set(dirs.map((dir) => resolve(cwd, dir)))]
  let unusable: string | undefined
  for (const candidate of isPath ? [resolve(cwd, command)] : path.map((dir) => join(dir, command))) {
    const found = command === '' ? null : await stat(candidate).catch(() => null)
    if (found === null) continue
    const isExecutable = found.isFile() && (await access(candidate, constants.X_OK).then(...yesOrNo))
    if (isExecutable) return candidate
    unusable ??= found.isDirectory() ? `${candidate} is a directory` : candidate
  }
  if (unusable !== undefined) {
    const isDirectory = unusable.endsWith(' is a directory')
    throw new SocketWrapperError('COMMAND_NOT_LOADABLE', {
      command,
      file: isDirectory ? unusable.slice(0, -' is a directory'.length) : unusable,
      reason: isDirectory ? 'is a directory' : 'is not executable',
      advice: isDirectory
        ? 'Name a program in it.'
        : 'Give it the permission (chmod +x), or start its interpreter with it as the argument.',
    })
  }
  throw new SocketWrapperError('COMMAND_NOT_FOUND', { command, path: isPath ? [] : path })
}

async function checkFile(command: string, file: string, place: Place, depth: number): Promise<void> {
  const refuse = (reason: string, advice: string): never => {
    throw new SocketWrapperError('COMMAND_NOT_LOADABLE', { command, file, reason, advice })
  }
  const head = await readHead(file)
  if (head === null) return // executable, not readable: the loader will tell
  if (head.toString('latin1', 0, 2) === '#!') {
    const [interpreter = '', ...words] = head.toString('utf8', 2).split('\n')[0]?.trim().split(/\s+/) ?? []
    const usable = interpreter === '' ? null : await stat(interpreter).catch(() => null)
    if (usable === null)
      refuse(`begins with "#!${interpreter}", which does not exist`, 'Install that interpreter, or correct the line.')
    if (depth >= maxScripts) refuse('is a script of scripts, too deep', 'Start the program itself.')
    await checkFile(command, interpreter, place, depth + 1)
    const program =
      basename(interpreter) === 'env' ? words.find((word) => !word.startsWith('-') && !word.includes('=')) : undefined
    if (program === undefined) return
    const found = await findCommand(program, place).catch(() => null)
    if (found === null)
      return refuse(
        `begins with "#!${interpreter} ${words.join(' ')}", and the PATH has no ${program}`,
        'Install that interpreter, or correct the line.',
      )
    return checkFile(command, found, place, depth + 1)
  }
  const problem = await problemOf(file, head)
  if (problem !== null) refuse(problem.reason, problem.advice)
}

export type Problem = { readonly reason: string; readonly advice: string }

/** Why the loader takes no shim for a program; null when it does, or when the file can't be read. */
export async function findProblem(file: string): Promise<Problem | null> {
  const head = await readHead(file)
  return head === null ? null : problemOf(file, head)
}

async function problemOf(file: string, head: Buffer): Promise<Problem | null> {
  const elf = readElf(head)
  if (elf === null) return null // a script without "#!": execvp gives it to /bin/sh
  return elfProblem(elf, await ownElf()) ?? (await privilegeProblem(file))
}

/** @param own - this Node, which the shim was built for. */
export function elfProblem(elf: Elf, own: Elf): Problem | null {
  if (elf.machine !== own.machine || elf.is64 !== own.is64) {
    return {
      reason: `is built for ${machineName(elf.machine)}, and the shim for ${machineName(own.machine)}`,
      advice: 'Use a build for this machine.',
    }
  }
  if (elf.interpreter === null) {
    return {
      reason: 'is a static binary, which loads no shim and would reach the real network',
      advice: 'Use a build that is linked dynamically (Go: `CGO_ENABLED=1 go build -ldflags=-linkmode=external`).',
    }
  }
  if (elf.interpreter !== own.interpreter) {
    return {
      reason: `is loaded by ${elf.interpreter}, and the shim is built for ${own.interpreter ?? 'a static Node'}: another libc`,
      advice: 'Use a build of the program for the libc of this Node.',
    }
  }
  return null
}

/** The loader ignores LD_PRELOAD where a program gets rights that its caller has not: ld.so(8), secure-execution mode. */
async function privilegeProblem(file: string): Promise<Problem | null> {
  const { mode, uid, gid } = await stat(file)
  const sets = (bit: number, owner: number, own: number | undefined): boolean => (mode & bit) !== 0 && owner !== own
  const isSetuid = sets(0o4000, uid, process.geteuid?.())
  if (!isSetuid && !sets(0o2000, gid, process.getegid?.())) return null
  return {
    reason: `is ${isSetuid ? `setuid (to user ${uid})` : `setgid (to group ${gid})`}, so the loader ignores the shim and it would reach the real network`,
    advice: 'Start a copy without that bit.',
  }
}

let own: Promise<Elf> | undefined

function ownElf(): Promise<Elf> {
  return (own ??= readHead('/proc/self/exe').then((head) => {
    const elf = head === null ? null : readElf(head)
    return elf ?? { is64: true, machine: 0, interpreter: null }
  }))
}

async function readHead(file: string): Promise<Buffer | null> {
  const handle = await open(file, 'r').catch(() => null)
  if (handle === null) return null
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

const yesOrNo = [() => true, () => false] as const

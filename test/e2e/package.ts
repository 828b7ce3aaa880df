import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))
const built = 'native/build/Release'
const builtFiles = ['addon.node', 'guard', 'libshim.so']

export const packageName = 'vitest-environment-socket-wrapper'

/**
 * The package as npm would install it, compiled from the sources as they are: below node_modules, so that vite leaves it to Node.
 * Built once per content; several runs at once may ask for it.
 */
export async function buildPackage(): Promise<string> {
  const home = join(root, 'node_modules/.cache/socket-wrapper-packages', await contentHash())
  const target = join(home, 'node_modules', packageName)
  if (existsSync(target)) return target
  await mkdir(dirname(home), { recursive: true })
  await removeOld(dirname(home))
  const work = await mkdtemp(`${home}-`)
  const made = join(work, 'node_modules', packageName)
  const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
  await promisify(execFile)(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', join(made, 'dist')], {
    cwd: root,
  })
  await copyFile(join(root, 'package.json'), join(made, 'package.json'))
  await mkdir(join(made, built), { recursive: true })
  for (const file of builtFiles) await copyFile(join(root, built, file), join(made, built, file))
  // Another run may have been faster: its result is as good.
  await rename(work, home).catch(() => rm(work, { recursive: true }))
  return target
}

/** What no run uses any more: none takes an hour. */
async function removeOld(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    const found = await stat(join(dir, name)).catch(() => null)
    const isOld = found !== null && Date.now() - found.mtimeMs > 60 * 60 * 1000
    if (isOld) await rm(join(dir, name), { recursive: true, force: true })
  }
}

async function contentHash(): Promise<string> {
  const hash = createHash('sha256')
  const files = await readdir(join(root, 'src'), { recursive: true })
  for (const file of [...files.toSorted(), '../package.json', '../tsconfig.json', '../tsconfig.build.json']) {
    if (!/\.(ts|json)$/.test(file)) continue
    hash.update(file).update(await readFile(join(root, 'src', file)))
  }
  for (const file of builtFiles) hash.update(file).update(await readFile(join(root, built, file)))
  return hash.digest('hex').slice(0, 16)
}

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const src = join(root, 'src')

// Data flows from left to right; a folder or file of src imports only from the ones before it.
const layers = [
  'errors',
  'wire',
  'rules',
  'options',
  'native',
  'network',
  'process',
  'journal',
  'analysis',
  'report',
  'matchers',
  'fixtures',
]
const entries = ['environment', 'test', 'plugin', 'reporter', 'cli']

function layerOf(file: string): string {
  const [first = ''] = relative(src, file).split(sep)
  return first.replace(/\.ts$/, '')
}

function rankOf(layer: string): number {
  return entries.includes(layer) ? layers.length : layers.indexOf(layer)
}

function importsOf(text: string): string[] {
  const pattern = /\bfrom\s+'(\.[^']*)'|\bimport\s*\(?\s*'(\.[^']*)'/g
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? '')
}

/** Sentences, one for each import that goes against the order. */
function violations(file: string, text: string): string[] {
  const from = layerOf(file)
  const name = relative(root, file)
  if (rankOf(from) < 0) return [`${name}: "${from}" is neither a layer nor an entry`]
  return importsOf(text).flatMap((specifier) => {
    const to = layerOf(resolve(dirname(file), specifier))
    if (to === from || (rankOf(to) >= 0 && rankOf(to) < rankOf(from))) return []
    return [`${name}: imports ${specifier}, which is not to the left of "${from}"`]
  })
}

test('imports in src go from right to left', () => {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  expect(files).toContain(join('wire', 'layout.gen.ts'))
  expect(files.flatMap((name) => violations(join(src, name), readFileSync(join(src, name), 'utf8')))).toEqual([])
})

test('an import to the right, between entries or out of src is seen', () => {
  const seen = (file: string, text: string) => violations(join(src, file), text).length
  expect(seen('wire/info.ts', "import { native } from '../native.ts'")).toBe(1)
  expect(seen('wire/info.ts', "import type { Timeline } from '../journal/timeline.ts'")).toBe(1)
  expect(seen('environment.ts', "const test = await import('./test.ts')")).toBe(1)
  expect(seen('options.ts', "import '../test/helpers.ts'")).toBe(1)
  expect(seen('utils/text.ts', '')).toBe(1)
  expect(
    seen('native.ts', "import { readInfo } from './wire/layout.gen.ts'\nexport {\n  x,\n} from './errors.ts'"),
  ).toBe(0)
  expect(seen('test.ts', "import './fixtures/network.ts'")).toBe(0)
})

test('the top level holds nothing but what a newcomer expects', () => {
  const known = [
    ...['package.json', 'package-lock.json', 'vitest.config.ts', 'README.md', 'CHANGELOG.md', 'LICENSE'],
    ...['src', 'native', 'test', 'examples', 'bench', 'scripts', 'dist', 'node_modules'],
  ]
  const visible = readdirSync(root).filter((name) => !name.startsWith('.') && !/^tsconfig(\.\w+)?\.json$/.test(name))
  expect(visible.filter((name) => !known.includes(name))).toEqual([])
})

// SPDX-License-Identifier: MIT
// Makes src/wire/layout.gen.ts and the README's table of wrapped calls from the .def files and wire.h. Needs no compiler: the rows
// have fixed widths, and a row that C would pad is refused here with its file and line.
//   node native/wire/generate.mjs           writes both files
//   node native/wire/generate.mjs --check   writes nothing; exit code 1 when a committed file differs
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readRows, RowError } from './rows.mjs'

const wireDir = dirname(fileURLToPath(import.meta.url))
const root = join(wireDir, '..', '..')
const layoutFile = join(root, 'src', 'wire', 'layout.gen.ts')
const readmeFile = join(root, 'README.md')

const scalars = {
  u16: { size: 2, type: 'number', get: 'getUint16' },
  u32: { size: 4, type: 'number', get: 'getUint32' },
  i32: { size: 4, type: 'number', get: 'getInt32' },
  u64: { size: 8, type: 'bigint', get: 'getBigUint64' },
}

// Linux, asm-generic; a level or name that option.def uses and that is not here is refused.
const linuxNumbers = {
  SOL_SOCKET: 1,
  IPPROTO_IP: 0,
  IPPROTO_TCP: 6,
  IPPROTO_UDP: 17,
  IPPROTO_IPV6: 41,
  SO_REUSEADDR: 2,
  SO_BROADCAST: 6,
  SO_KEEPALIVE: 9,
  SO_OOBINLINE: 10,
  SO_PRIORITY: 12,
  SO_LINGER: 13,
  SO_REUSEPORT: 15,
  SO_MARK: 36,
  TCP_NODELAY: 1,
  TCP_MAXSEG: 2,
  TCP_CORK: 3,
  TCP_KEEPIDLE: 4,
  TCP_KEEPINTVL: 5,
  TCP_KEEPCNT: 6,
  TCP_SYNCNT: 7,
  TCP_LINGER2: 8,
  TCP_DEFER_ACCEPT: 9,
  TCP_WINDOW_CLAMP: 10,
  TCP_QUICKACK: 12,
  TCP_USER_TIMEOUT: 18,
  TCP_FASTOPEN: 23,
  TCP_NOTSENT_LOWAT: 25,
  TCP_FASTOPEN_CONNECT: 30,
  IP_TOS: 1,
  IP_TTL: 2,
  IP_PKTINFO: 8,
  IP_MTU_DISCOVER: 10,
  IP_RECVERR: 11,
  IP_RECVTTL: 12,
  IP_RECVTOS: 13,
  IP_FREEBIND: 15,
  IP_TRANSPARENT: 19,
  IP_BIND_ADDRESS_NO_PORT: 24,
  IP_RECVORIGDSTADDR: 20,
  IP_MULTICAST_IF: 32,
  IP_MULTICAST_TTL: 33,
  IP_MULTICAST_LOOP: 34,
  IP_MULTICAST_ALL: 49,
  IPV6_UNICAST_HOPS: 16,
  IPV6_MULTICAST_IF: 17,
  IPV6_MULTICAST_HOPS: 18,
  IPV6_MULTICAST_LOOP: 19,
  IPV6_MTU_DISCOVER: 23,
  IPV6_RECVERR: 25,
  IPV6_V6ONLY: 26,
  IPV6_MULTICAST_ALL: 29,
  IPV6_RECVPKTINFO: 49,
  IPV6_RECVHOPLIMIT: 51,
  IPV6_RECVTCLASS: 66,
  IPV6_TCLASS: 67,
}

const capital = (text) => text[0].toUpperCase() + text.slice(1)
const doc = (text, indent = '') => (text === '' ? '' : `${indent}/** ${text.replaceAll('*/', '* /')} */\n`)

/** The rows of one record with their offsets; refuses what a C compiler would pad. */
function layOut(file) {
  const fields = []
  let offset = 0
  let widest = 1
  for (const row of readRows(file, ['FIELD', 'BYTES', 'INTS'])) {
    const [first, second, text] = row.args
    const scalar = row.macro === 'FIELD' ? scalars[first] : undefined
    if (row.macro === 'FIELD' && scalar === undefined)
      throw new RowError(row, `type "${first}" is not one of ${Object.keys(scalars).join(', ')}`)
    const name = row.macro === 'FIELD' ? second : first
    const count = row.macro === 'FIELD' ? 1 : row.number(second, 1)
    row.unique(name)
    const unit = row.macro === 'FIELD' ? scalar.size : row.macro === 'INTS' ? 4 : 1
    if (offset % unit !== 0)
      throw new RowError(
        row,
        `"${name}" would begin at byte ${offset}, which is not a multiple of ${unit}: C would pad it`,
      )
    widest = Math.max(widest, unit)
    fields.push({ macro: row.macro, name, count, offset, scalar, text, row })
    offset += unit * count
  }
  const last = fields.at(-1)
  if (last === undefined) throw new Error(`${relative(root, file)}: no row`)
  if (offset % widest !== 0)
    throw new RowError(last.row, `the sum of the rows, ${offset}, is not a multiple of ${widest}: C would pad the end`)
  return { fields, size: offset }
}

function layoutText(name, headline) {
  const { fields, size } = layOut(join(wireDir, `${name}.def`))
  const seen = fields.filter((field) => !/^pad\d+$/.test(field.name))
  const types = { FIELD: (f) => f.scalar.type, BYTES: () => 'Uint8Array', INTS: () => 'number[]' }
  const reads = {
    FIELD: (f) => `view.${f.scalar.get}(offset + ${f.offset}, true)`,
    BYTES: (f) => `readBytes(view, offset + ${f.offset}, ${f.count})`,
    INTS: (f) => `readInts(view, offset + ${f.offset}, ${f.count})`,
  }
  const typeName = `Wire${capital(name)}`
  return [
    `${doc(`Size and offsets in bytes of ${headline}.`)}export const ${name}Layout = {\n  size: ${size},\n  offsets: {\n`,
    ...seen.map((field) => `    ${field.name}: ${field.offset},\n`),
    `  },\n} as const\n\n${doc(capital(headline) + '.')}export interface ${typeName} {\n`,
    ...seen.map((field) => `${doc(field.text, '  ')}  ${field.name}: ${types[field.macro](field)}\n`),
    `}\n\nexport function read${capital(name)}(view: DataView, offset = 0): ${typeName} {\n  return {\n`,
    ...seen.map((field) => `    ${field.name}: ${reads[field.macro](field)},\n`),
    '  }\n}\n',
  ].join('')
}

/** A table name -> number, the union of its names, and the way back. */
function enumText(name, macro, headline, value) {
  const numbers = new Set()
  const rows = readRows(join(wireDir, `${name}.def`), [macro]).map((row) => {
    const number = row.number(row.args[1], 0)
    row.unique(row.args[0])
    if (numbers.has(number)) throw new RowError(row, `number ${number} is taken by an earlier row`)
    numbers.add(number)
    return { name: row.args[0], number: value(number), text: row.args[2] }
  })
  return [
    `${doc(headline)}export const ${name}Numbers = {\n`,
    ...rows.map((row) => `${doc(row.text, '  ')}  ${row.name}: ${row.number},\n`),
    `} as const\n\nexport type ${capital(name)}Name = keyof typeof ${name}Numbers\n\n`,
    `export const ${name}Names: ReadonlyMap<number, ${capital(name)}Name> = new Map([\n`,
    ...rows.map((row) => `  [${row.number}, '${row.name}'],\n`),
    '])\n',
  ].join('')
}

function optionText() {
  const room = layOut(join(wireDir, 'info.def')).fields.find((field) => field.name === 'options')
  const rows = readRows(join(wireDir, 'option.def'), ['OPTION'])
  const linux = (row, name) => {
    if (linuxNumbers[name] === undefined)
      throw new RowError(row, `"${name}" is not in the table linuxNumbers of generate.mjs`)
    return linuxNumbers[name]
  }
  const text = rows.map((row, index) => {
    const [name, level, option, standard, source] = row.args
    row.unique(name)
    if (index >= room.count) throw new RowError(row, `options of info.def has room for ${room.count} rows only`)
    const fields = [
      `name: '${name}'`,
      `level: ${linux(row, level)}`,
      `levelName: '${level}'`,
      `option: ${linux(row, option)}`,
      `optionName: '${option}'`,
      `standard: ${row.number(standard, -(2 ** 31))}`,
    ]
    return `${doc(source, '  ')}  {\n${fields.map((field) => `    ${field},\n`).join('')}  },\n`
  })
  return [
    doc(
      'The options an info carries, in the order of `WireInfo.options`; `standard` is the value of an untouched socket.',
    ),
    `export const optionTable = [\n${text.join('')}] as const\n\n`,
    "export type OptionName = (typeof optionTable)[number]['name']\n",
  ].join('')
}

/** `#define NAME value` of wire.h, where the value is a number or a text. */
function constantText() {
  const file = join(wireDir, 'wire.h')
  const lines = []
  for (const [, name, raw] of readFileSync(file, 'utf8').matchAll(/^#define ([A-Z]\w*) (\S+)$/gm)) {
    const number = /^(0x[0-9a-f]+|\d+)(u|ULL)?$/i.exec(raw)
    if (raw === 'UINT64_MAX') lines.push(`export const ${name} = 0xffffffffffffffffn`)
    else if (/^".*"$/.test(raw)) lines.push(`export const ${name} = '${raw.slice(1, -1)}'`)
    else if (number !== null) lines.push(`export const ${name} = ${number[1]}${number[2] === 'ULL' ? 'n' : ''}`)
    else throw new Error(`${relative(root, file)}: ${name} is neither a number nor a text: ${raw}`)
  }
  return `// Constants of wire.h.\n${lines.join('\n')}\n`
}

function readCalls() {
  const families = []
  const names = new Set()
  for (const row of readRows(join(wireDir, 'calls.def'), ['CALL', 'ALIAS', 'FORTIFIED'], true)) {
    if (row.macro === 'family') {
      families.push({ title: row.args[0], rows: [] })
      continue
    }
    const [name, of] = row.args
    row.unique(name)
    if (row.macro === 'ALIAS' && !names.has(of)) throw new RowError(row, `"${of}" has no CALL row above`)
    if (row.macro === 'CALL') names.add(name)
    if (families.length === 0) throw new RowError(row, 'a line "// family: <title>" must stand above the first row')
    families.at(-1).rows.push({ macro: row.macro, name, of })
  }
  return families
}

function callText(families) {
  const list = (macro) => families.flatMap((family) => family.rows.filter((row) => row.macro === macro))
  return [
    doc('The libc functions that the shim wraps.'),
    namesText('calls', list('CALL')),
    '\nexport type CallName = (typeof calls)[number]\n\n',
    doc('Second spellings of wrapped calls.'),
    'export const callAliases = {\n',
    ...list('ALIAS').map((row) => `  ${row.name}: '${row.of}',\n`),
    '} as const\n\n',
    doc('Checked forms that a program built with _FORTIFY_SOURCE calls.'),
    namesText('fortifiedCalls', list('FORTIFIED')),
  ].join('')
}

/** A list of names in the shape that prettier gives it. */
function namesText(constant, rows) {
  const names = rows.map((row) => `'${row.name}'`)
  const line = `export const ${constant} = [${names.join(', ')}] as const`
  return line.length <= 120
    ? `${line}\n`
    : `export const ${constant} = [\n${names.map((name) => `  ${name},\n`).join('')}] as const\n`
}

function layoutSource(families) {
  return [
    '// Made by native/wire/generate.mjs from native/wire/*.def and wire.h. Do not edit: change a row and run `npm run generate`.\n',
    constantText(),
    enumText('state', 'STATE', 'Where a socket is in its life.', String),
    enumText(
      'flag',
      'FLAG',
      'Facts of a socket that its addresses do not tell, as bits.',
      (bit) => `0x${(2 ** bit).toString(16)}`,
    ),
    enumText('op', 'OP', 'What a record of the journal says happened.', String),
    enumText('point', 'POINT', 'Where a process hands over.', String),
    optionText(),
    callText(families),
    'function readBytes(view: DataView, offset: number, size: number): Uint8Array {\n' +
      '  return new Uint8Array(view.buffer, view.byteOffset + offset, size)\n}\n',
    'function readInts(view: DataView, offset: number, count: number): number[] {\n' +
      '  return Array.from({ length: count }, (_, index) => view.getInt32(offset + index * 4, true))\n}\n',
    layoutText('info', 'what a program must see of one socket, in the envelope and in the registry'),
    layoutText('envelope', 'the head of the envelope'),
    layoutText('record', 'one event of the journal'),
    layoutText('process', 'one row of the process table'),
    layoutText('host', 'one row of the host table'),
    layoutText('member', 'one row of the table of memberships'),
    layoutText('socket', 'one entry of the registry'),
    layoutText('arena', 'the head of the arena'),
    layoutText('explore', 'the head of EXPLORE_FILE'),
    layoutText('actor', 'one thread that hands over'),
    layoutText('step', 'one hand-over'),
  ].join('\n')
}

const tableBegin = '<!-- calls: made by npm run generate -->'
const tableEnd = '<!-- /calls -->'

/** The README with the table of wrapped calls between its two markers. */
function readmeSource(families) {
  const readme = readFileSync(readmeFile, 'utf8')
  const [begin, end] = [readme.indexOf(tableBegin), readme.indexOf(tableEnd)]
  if (begin < 0 || end < begin)
    throw new Error(
      `README.md: the lines "${tableBegin}" and "${tableEnd}" must stand around the table of wrapped calls`,
    )
  const rows = families.map((family) => [family.title, family.rows.map((row) => `\`${row.name}\``).join(' ')])
  const widths = [0, 1].map((column) => Math.max(5, ...rows.map((row) => row[column].length)))
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |\n`
  const table = line(['what', 'calls']) + line(widths.map((width) => '-'.repeat(width))) + rows.map(line).join('')
  return `${readme.slice(0, begin)}${tableBegin}\n\n${table}\n${readme.slice(end)}`
}

try {
  const families = readCalls()
  const files = new Map([[layoutFile, layoutSource(families)]])
  if (existsSync(readmeFile)) files.set(readmeFile, readmeSource(families))
  for (const [file, text] of files) {
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue
    if (process.argv.includes('--check')) {
      console.error(
        `${relative(root, file)} differs from what native/wire says: run \`npm run generate\` and commit it`,
      )
      process.exitCode = 1
    } else writeFileSync(file, text)
  }
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}

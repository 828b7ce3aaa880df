// SPDX-License-Identifier: MIT
// Reads the rows of a .def file: one macro call a line, with // comments.
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(fileURLToPath(import.meta.url), '..', '..', '..')
const shapes = {
  FIELD: ['name', 'name', 'text'],
  BYTES: ['name', 'number', 'text'],
  INTS: ['name', 'number', 'text'],
  STATE: ['name', 'number', 'text'],
  FLAG: ['name', 'number', 'text'],
  OP: ['name', 'number', 'text'],
  POINT: ['name', 'number', 'text'],
  OPTION: ['name', 'name', 'name', 'number', 'text'],
  CALL: ['name'],
  ALIAS: ['name', 'name'],
  FORTIFIED: ['name'],
}
const patterns = { name: /^[A-Za-z_]\w*$/, number: /^-?\d+$/, text: /^"[^"\\]*"$/ }

export class RowError extends Error {
  constructor(row, message) {
    super(`${relative(root, row.file)}:${row.line}: ${message}`)
  }
}

/**
 * Rows `{ macro, args, file, line }` in order. Texts lose their quotes. With `withFamilies`, a comment "// family: title" is a row
 * `{ macro: 'family', args: [title] }`.
 */
export function readRows(file, macros, withFamilies = false) {
  const rows = []
  const names = new Map()
  for (const [index, source] of readFileSync(file, 'utf8').split('\n').entries()) {
    const row = { macro: '', args: [], file, line: index + 1 }
    row.unique = (name) => {
      const earlier = names.get(name)
      if (earlier !== undefined) throw new RowError(row, `"${name}" is already in line ${earlier}`)
      names.set(name, row.line)
    }
    row.number = (text, smallest) => {
      if (Number(text) < smallest) throw new RowError(row, `${text} is below ${smallest}`)
      return Number(text)
    }
    const family = /^\/\/ family: (.+)$/.exec(source)
    if (withFamilies && family !== null) {
      rows.push(Object.assign(row, { macro: 'family', args: [family[1]] }))
      continue
    }
    if (/^\s*(\/\/.*|\/\*.*\*\/\s*)?$/.test(source)) continue
    const call = /^([A-Z]+)\((.*)\)\s*(\/\/.*)?$/.exec(source)
    if (call === null) throw new RowError(row, `not a row: ${source}`)
    row.macro = call[1]
    if (!macros.includes(row.macro)) throw new RowError(row, `${row.macro} is not one of ${macros.join(', ')}`)
    const shape = shapes[row.macro]
    const args = call[2].match(/"[^"]*"|[^,\s]+/g) ?? []
    if (args.length !== shape.length)
      throw new RowError(
        row,
        `${row.macro} has ${args.length} arguments, it takes ${shape.length} (${shape.join(', ')})`,
      )
    row.args = args.map((arg, position) => {
      const kind = shape[position]
      if (!patterns[kind].test(arg)) throw new RowError(row, `argument ${position + 1}, ${arg}, is not a ${kind}`)
      return kind === 'text' ? arg.slice(1, -1) : arg
    })
    rows.push(row)
  }
  return rows
}

// Checking what a user wrote against a table: for each option its standard value, what is allowed, and how it is checked.

export type Rule<Value> = {
  readonly standard: Value
  readonly allowed: string
  readonly check: (value: unknown) => Value | undefined
}
export type Rules<Shape> = { readonly [Name in keyof Shape]: Rule<Shape[Name]> }

export function whole(standard: number, least: number, most: number): Rule<number> {
  return {
    standard,
    allowed: `a whole number from ${least} to ${most}`,
    check: (value) =>
      typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most ? value : undefined,
  }
}

/** Sizes of the arena's tables are powers of two: the next one is taken. */
export function size(standard: number): Rule<number> {
  const rule = whole(standard, 16, 2 ** 20)
  return {
    ...rule,
    check: (value) => {
      const checked = rule.check(value)
      return checked === undefined ? undefined : 2 ** Math.ceil(Math.log2(checked))
    },
  }
}

export function texts(value: unknown, fits: (text: string) => boolean): readonly string[] | undefined {
  return Array.isArray(value) && value.every((text): text is string => typeof text === 'string' && fits(text))
    ? value
    : undefined
}

/** A value as its user wrote it, short enough for a message. */
export function show(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  const text = typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value))
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

function nearest(name: string, names: readonly string[]): string {
  const like = names.find((known) => known.toLowerCase() === name.toLowerCase() || distance(known, name) <= 2)
  return like === undefined ? '' : ` Did you mean "${like}"?`
}

/** Letters to change, add or drop between two words (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

export function parseTable<Shape extends object>(
  raw: unknown,
  prefix: string,
  table: Rules<Shape>,
  others: readonly string[],
  problems: string[],
): Shape {
  const names = Object.keys(table) as (keyof Shape & string)[]
  const given = new Map<string, unknown>()
  if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) {
    for (const [name, value] of Object.entries(raw)) if (value !== undefined) given.set(name, value)
  } else if (raw !== undefined) {
    problems.push(
      `${prefix === '' ? 'The whole' : `Option "${prefix.slice(0, -1)}"`} must be an object, got ${show(raw)}.`,
    )
  }
  const known: readonly string[] = [...names, ...others]
  for (const [name, value] of given) {
    if (known.includes(name)) continue
    problems.push(
      `Option "${prefix}${name}" (value ${show(value)}) is not known.${nearest(name, known)} Known are ${known.map((each) => `"${prefix}${each}"`).join(', ')}.`,
    )
  }
  const parsed: Partial<Shape> = {}
  for (const name of names) {
    const rule = table[name]
    const value = given.get(name)
    const checked = value === undefined ? rule.standard : rule.check(value)
    if (checked === undefined) problems.push(`Option "${prefix}${name}" must be ${rule.allowed}, got ${show(value)}.`)
    else parsed[name] = checked
  }
  return parsed as Shape // complete unless there are problems, and then nobody sees it
}

import { expect, test } from 'vitest'

import { parseOptions, parsePassthrough, withRules } from '../../src/options.ts'
import { ruleIds, rules } from '../../src/rules.ts'

test('no options are the standard ones', () => {
  const standard = {
    passthrough: [],
    keep: 'failure',
    capture: false,
    hosts: [],
    readyTimeoutMs: null,
    stopAfterMs: 2000,
    rules: Object.fromEntries(ruleIds.map((id) => [id, rules[id].level])),
    graceMs: 1000,
    arena: { records: 4096, sockets: 1024, processes: 512 },
    explore: null,
    log: null,
  }
  expect(parseOptions(undefined)).toEqual(standard)
  expect(parseOptions({})).toEqual(standard)
  expect(parseOptions({ keep: undefined, arena: undefined })).toEqual(standard)
})

test('sizes of the arena become powers of two', () => {
  expect(parseOptions({ arena: { records: 5000, sockets: 17 } }).arena).toEqual({
    records: 8192,
    sockets: 32,
    processes: 512,
  })
})

test('the levels of rules are given one by one, for all tests or for one', () => {
  const options = parseOptions({ rules: { L4: 'off', R1: 'warn' } })
  expect(options.rules).toMatchObject({ L4: 'off', R1: 'warn', L1: 'fail', R4: 'warn' })
  expect(withRules(options, { R1: 'fail' }).rules).toMatchObject({ L4: 'off', R1: 'fail' })
  expect(withRules(options, undefined)).toBe(options)
  expect(() => withRules(options, { R1: 'error', L99: 'off' })).toThrowErrorMatchingInlineSnapshot(`
    [SocketWrapperError: environmentOptions['socket-wrapper'] is not usable:
      - Option "rules.L99" (value "off") is not known. Did you mean "L1"? Known are "rules.L1", "rules.L2", "rules.L3", "rules.L4", "rules.L5", "rules.L6", "rules.L7", "rules.L8", "rules.L9", "rules.L10", "rules.L11", "rules.L12", "rules.R1", "rules.R2", "rules.R3", "rules.R4", "rules.R5", "rules.R6", "rules.R7", "rules.R8", "rules.R9", "rules.S1", "rules.S2", "rules.S4", "rules.T1", "rules.T2", "rules.T3".
      - Option "rules.R1" must be "off", "warn" or "fail", got "error".]
  `)
})

test('an unknown option is told with its value and what is known', () => {
  expect(() => parseOptions({ kep: 'always' })).toThrowErrorMatchingInlineSnapshot(`
    [SocketWrapperError: environmentOptions['socket-wrapper'] is not usable:
      - Option "kep" (value "always") is not known. Did you mean "keep"? Known are "passthrough", "keep", "capture", "hosts", "readyTimeoutMs", "stopAfterMs", "graceMs", "log", "arena", "explore", "rules".]
  `)
})

test('wrong types are told all at once, with option, value and what is allowed', () => {
  const wrong = {
    passthrough: ['10.0.0.0/33'],
    keep: 'sometimes',
    capture: true,
    hosts: 'web',
    readyTimeoutMs: '5s',
    stopAfterMs: -1,
    arena: { records: 1.5, socket: 4 },
    log: 'relative.log',
  }
  expect(() => parseOptions(wrong)).toThrowErrorMatchingInlineSnapshot(`
    [SocketWrapperError: environmentOptions['socket-wrapper'] is not usable:
      - Option "passthrough" must be a list of texts like "192.0.2.1", "10.0.0.0/8", "127.0.0.1:5432", "[::1]:80" or "registry.example", at most 32, got ["10.0.0.0/33"].
      - Option "keep" must be "failure", "always" or "never", got "sometimes".
      - Option "capture" must be false, "failure" or "always", got true.
      - Option "hosts" must be a list of at most 63 host names, like "web" or "api.example", got "web".
      - Option "readyTimeoutMs" must be a whole number of milliseconds from 1 to 2147483647, got "5s".
      - Option "stopAfterMs" must be a whole number of milliseconds from 0 to 2147483647, got -1.
      - Option "log" must be an absolute path of a file, got "relative.log".
      - Option "arena.socket" (value 4) is not known. Did you mean "sockets"? Known are "arena.records", "arena.sockets", "arena.processes".
      - Option "arena.records" must be a whole number from 16 to 1048576, got 1.5.]
  `)
})

test.each([null, [], 'text', 7])('%j instead of an object is told', (raw) => {
  expect(() => parseOptions(raw)).toThrow(`The whole must be an object, got ${JSON.stringify(raw)}.`)
})

test('an arena that is no object is told', () => {
  expect(() => parseOptions({ arena: 4096 })).toThrow('Option "arena" must be an object, got 4096.')
})

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['10.0.0.0/8', '10.0.0.0/8'],
  ['127.0.0.1:5432', '127.0.0.1:5432'],
  ['::1', '[::1]'],
  ['[::1]:80', '[::1]:80'],
  ['[fd00::]/8:80', '[fd00::/8]:80'],
  ['[fd00::/8]', '[fd00::/8]'],
])('passthrough %s is %s for the shim', (text, expected) => {
  expect(parsePassthrough(text)).toEqual({ kind: 'address', text: expected })
})

test('passthrough takes names, with a port or without', () => {
  expect(parsePassthrough('Registry.Example:443')).toEqual({ kind: 'name', name: 'registry.example', port: ':443' })
})

test.each(['', 'a b', '1.2.3', '999.1.1.1', '10.0.0.0/33', '[::1', '[::1]/129', 'web:99999', 'web/8', '-web'])(
  'passthrough %j is refused',
  (text) => {
    expect(parsePassthrough(text)).toBeNull()
  },
)

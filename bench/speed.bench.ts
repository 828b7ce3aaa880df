import { expect, test } from 'vitest-environment-socket-wrapper/test'

import { openSandbox } from '../src/fixtures/sandbox.ts'
import { measure, median, type Row, variants } from './variants.ts'

function format(value: number, unit: 'ns' | 'bytes'): string {
  if (unit === 'bytes') return `${Math.round(value / 1024)} KiB`
  return value >= 1000 ? `${(value / 1000).toFixed(2)} µs` : `${value.toFixed(0)} ns`
}

function line(row: Row): string {
  const unix = row.medians['raw unix']
  const cells = variants.map((v) => `${format(row.medians[v], row.unit)} (${(row.medians[v] / unix).toFixed(2)})`)
  return `| ${row.title} | ${cells.join(' | ')} | ${row.budget} |`
}

test('what each call costs, as medians and as ratios to a raw unix socket', () => {
  const rows = measure()
  const head = `| operation | ${variants.join(' | ')} | budget |\n|---|${variants.map(() => '---|').join('')}---|`
  console.log(`\n${head}\n${rows.map(line).join('\n')}\n`)
  for (const row of rows) for (const variant of variants) expect(row.medians[variant]).toBeGreaterThan(0)
})

const SERVER = "require('net').createServer((s) => s.end()).listen(80)"

test("from the server's own listen to the resolved spawn", async ({ network }) => {
  const late: number[] = []
  for (let i = 0; i < 9; i++) {
    const host = network.host(`server-${i}`)
    const server = await host.spawn(process.execPath, ['-e', SERVER])
    late.push(Number(process.hrtime.bigint() - server.ready.timeNs))
    await server.stop()
  }
  console.log(`| spawn → ready after the server's own listen(2) | ${format(median(late), 'ns')} | ≤ 1 ms |`)
  expect(late).toHaveLength(9)
})

test('the whole life of a network', async () => {
  const lives: number[] = []
  for (let i = 0; i < 30; i++) {
    const start = process.hrtime.bigint()
    const sandbox = openSandbox({ title: 'bench', isConcurrent: false, timeoutMs: 0 })
    await sandbox.finish(false)
    lives.push(Number(process.hrtime.bigint() - start))
  }
  console.log(`| the whole life of a network | ${format(median(lives), 'ns')} | ≤ 2 ms |`)
  expect(lives).toHaveLength(30)
})

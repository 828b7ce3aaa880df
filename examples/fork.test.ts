import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest-environment-socket-wrapper/test'

const parentModule = new URL('fork/parent.mjs', import.meta.url)

test('a connection is the first socket of the child that gets it', async ({ network }) => {
  const parent = await network.host('web').fork(parentModule)

  const answer = await text(connect(80, 'web'))

  const pass = await network.nextPass({ from: parent })
  expect(pass).toRecreateSocketInfo()
  expect(pass).toHaveSocketInfo({
    type: 'stream',
    local: { port: 80 },
    state: 'connected',
    flags: expect.arrayContaining(['accepted']),
  })
  expect(answer).toBe(
    `child ${pass.to?.pid} talks to ${pass.received?.peer?.address} port ${pass.received?.peer?.port}\n`,
  )
})

// Without this the rules would say that the parent kept what it had passed on, and ended it for the child.
const meta = { socketWrapperRules: { L4: 'off', R8: 'off' } } as const

test('with keepOpen, parent and child both hold the connection', { meta }, async ({ network }) => {
  const parent = await network.host('web').fork(parentModule, ['--keep-open'])

  const answer = await text(connect(80, 'web'))

  const pass = await network.nextPass({ from: parent })
  expect(pass).toRecreateSocketInfo()
  expect(answer.split('\n')).toEqual([
    expect.stringContaining(`child ${pass.to?.pid} talks to`),
    `parent ${parent.pid} has it too`,
    '',
  ])
})

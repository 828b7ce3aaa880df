import { expect, test } from 'vitest-environment-socket-wrapper/test'

const server = new URL('hosts/front.mjs', import.meta.url)

test('two hosts have the same port, and a name each', async ({ network }) => {
  const api = await network.host('api').fork(server)
  const web = await network.host('web').fork(server, ['api'])

  expect(api).toBeListeningOn({ host: 'api', port: 80 })
  expect(web).toBeListeningOn({ host: 'web', port: 80 })
  expect(await (await fetch('http://api/')).text()).toBe('api says: the end')
  expect(await (await fetch('http://web/')).text()).toBe('web says: api says: the end')
})

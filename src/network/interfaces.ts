// os.networkInterfaces shows the host of the running code. Its call stands behind no handle, so it is wrapped itself.
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'
import { inContext } from './current.ts'

export function patchInterfaces(): () => void {
  const original = os.networkInterfaces
  const put = (networkInterfaces: typeof original): void => {
    Object.assign(os, { networkInterfaces })
    syncBuiltinESMExports()
  }
  put(() => inContext(original))
  return () => put(original)
}

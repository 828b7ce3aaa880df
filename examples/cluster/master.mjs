// A cluster with 4 workers, which says so when all of them listen. The master accepts and hands the connections round; with "none" the
// workers accept by themselves.
import cluster from 'node:cluster'
import { fileURLToPath } from 'node:url'

cluster.schedulingPolicy = process.argv[2] === 'none' ? cluster.SCHED_NONE : cluster.SCHED_RR
cluster.setupPrimary({ exec: fileURLToPath(new URL('worker.mjs', import.meta.url)) })

let listening = 0
cluster.on('listening', () => {
  if (++listening === 4) console.log('4 workers listen')
})
for (let worker = 0; worker < 4; worker++) cluster.fork()

// A cluster with 4 workers. "none": the workers accept by themselves; else the master accepts and hands the connections round.
import cluster from 'node:cluster'
import { fileURLToPath } from 'node:url'

cluster.schedulingPolicy = process.argv[2] === 'none' ? cluster.SCHED_NONE : cluster.SCHED_RR
cluster.setupPrimary({ exec: fileURLToPath(new URL('worker.mjs', import.meta.url)) })
for (let worker = 0; worker < 4; worker++) cluster.fork()

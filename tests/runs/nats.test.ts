import { crashTable } from './crashes.ts'
import { openLog } from './open-log.ts'
import { restartTest } from './restarts.ts'
import { startServer } from './start-server.ts'
import { runsTable } from './table.ts'

const serverOf = startServer('nats')

runsTable('nats', () => openLog(serverOf().url))
crashTable('nats', () => serverOf().url)
restartTest('nats', serverOf)

import { crashTable } from './crashes.ts'
import { openLog } from './open-log.ts'
import { restartTest } from './restarts.ts'
import { startServer } from './start-server.ts'
import { runsTable } from './table.ts'

const serverOf = startServer('redis')

runsTable('redis', () => openLog(serverOf().url))
crashTable('redis', () => serverOf().url)
restartTest('redis', serverOf)

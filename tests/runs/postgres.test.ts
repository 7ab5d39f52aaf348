import { crashTable } from './crashes.ts'
import { openLog } from './open-log.ts'
import { restartTest } from './restarts.ts'
import { startServer } from './start-server.ts'
import { runsTable } from './table.ts'

const serverOf = startServer('postgres')

runsTable('postgres', () => openLog(serverOf().url))
crashTable('postgres', () => serverOf().url)
restartTest('postgres', serverOf)

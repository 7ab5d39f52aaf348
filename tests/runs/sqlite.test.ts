import { crashTable } from './crashes.ts'
import { openLog } from './open-log.ts'
import { startServer } from './start-server.ts'
import { runsTable } from './table.ts'

const serverOf = startServer('sqlite')

runsTable('sqlite', () => openLog(serverOf().url))
crashTable('sqlite', () => serverOf().url)

import { driveTemplate } from './drive.ts'
import { endsItsStreams } from './ends-its-streams.ts'

driveTemplate('tanstack-start', { hubFile: 'src/hub.server.ts', also: endsItsStreams })

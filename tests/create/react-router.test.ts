import { driveTemplate } from './drive.ts'
import { endsItsStreams } from './ends-its-streams.ts'

driveTemplate('react-router', { hubFile: 'app/hub.server.ts', also: endsItsStreams })

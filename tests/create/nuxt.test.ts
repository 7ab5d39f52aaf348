import { driveTemplate } from './drive.ts'
import { endsWithOpenStreams } from './ends-with-open-streams.ts'

driveTemplate('nuxt', { hubFile: 'server/utils/hub.ts', also: endsWithOpenStreams })

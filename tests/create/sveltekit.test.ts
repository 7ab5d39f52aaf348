import { driveTemplate } from './drive.ts'
import { endsWithOpenStreams } from './ends-with-open-streams.ts'

driveTemplate('sveltekit', { hubFile: 'src/lib/server/hub.ts', also: endsWithOpenStreams })

import { driveTemplate } from './drive.ts'
import { endsWithOpenStreams } from './ends-with-open-streams.ts'

driveTemplate('next', { also: endsWithOpenStreams })

import { driveTemplate } from './drive.ts'

driveTemplate('tanstack-start', { hubFile: 'src/hub.server.ts' })

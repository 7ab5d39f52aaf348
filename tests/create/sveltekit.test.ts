import { driveTemplate } from './drive.ts'

driveTemplate('sveltekit', { hubFile: 'src/lib/server/hub.ts' })

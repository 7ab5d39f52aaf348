import { driveTemplate } from './drive.ts'

driveTemplate('astro', { hubFile: 'src/hub.ts' })

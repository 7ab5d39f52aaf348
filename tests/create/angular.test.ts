import { driveTemplate } from './drive.ts'

driveTemplate('angular', { hubFile: 'src/hub.ts' })

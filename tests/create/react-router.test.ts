import { driveTemplate } from './drive.ts'

driveTemplate('react-router', { hubFile: 'app/hub.server.ts' })

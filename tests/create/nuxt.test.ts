import { driveTemplate } from './drive.ts'

driveTemplate('nuxt', { hubFile: 'server/utils/hub.ts' })

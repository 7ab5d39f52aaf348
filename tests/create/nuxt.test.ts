import { driveTemplate } from './drive.ts'

driveTemplate('nuxt', {})

import { driveTemplate } from './drive.ts'

driveTemplate('sveltekit', {})

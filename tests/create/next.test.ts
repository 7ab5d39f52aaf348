import { driveTemplate } from './drive.ts'

driveTemplate('next')

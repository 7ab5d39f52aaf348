import { driveTemplate } from './drive.ts'

driveTemplate('express-react')

import { driveTemplate } from './drive.ts'

driveTemplate('hono-svelte')

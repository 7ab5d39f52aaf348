import { driveTemplate } from './drive.ts'

driveTemplate('fastify-vue')

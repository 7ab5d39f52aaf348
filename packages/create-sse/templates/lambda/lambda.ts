import { serveStatic } from '@hono/node-server/serve-static'
import { streamHandle } from 'hono/aws-lambda'
import { app } from './app.ts'

// The page, which `npm run build` puts beside the function.
app.use(serveStatic({ root: `${process.env.LAMBDA_TASK_ROOT}/page` }))

export const handler: unknown = streamHandle(app)

import { handler } from '../../lib/hub.js'

export const GET = handler

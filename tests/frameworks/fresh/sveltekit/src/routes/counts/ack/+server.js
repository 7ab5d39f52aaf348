import { handler } from '../../../lib/hub.js'

export const POST = handler

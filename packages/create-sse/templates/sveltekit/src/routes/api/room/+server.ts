import { stream } from '../../../lib/server/hub.ts'

export const GET = stream

import { hub } from '../../../hub'

// Without it `next build` would store one answer for all requests.
export const dynamic = 'force-dynamic'

export function GET() {
  return Response.json({ connections: hub.stats().connections })
}

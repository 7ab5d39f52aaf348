import { createFileRoute } from '@tanstack/react-router'
import { hub } from '../../hub.server.ts'

export const Route = createFileRoute('/api/online')({
  server: {
    handlers: {
      GET: () => Response.json({ connections: hub.stats().connections }),
    },
  },
})

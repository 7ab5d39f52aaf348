import type { Check } from './check.ts'
import { CONNECTION_CHECKS } from './checks/connection.ts'
import { CONTENT_CHECKS } from './checks/content.ts'
import { CORS_CHECKS } from './checks/cors.ts'
import { DELIVERY_CHECKS } from './checks/delivery.ts'
import { RESPONSE_CHECKS } from './checks/response.ts'
import { RESUMING_CHECKS } from './checks/resuming.ts'

/** The check list, in the order of its output. */
export const CHECK_GROUPS: readonly { readonly title: string; readonly checks: readonly Check[] }[] = [
  { title: 'Connection', checks: CONNECTION_CHECKS },
  { title: 'Response', checks: RESPONSE_CHECKS },
  { title: 'Delivery', checks: DELIVERY_CHECKS },
  { title: 'Content', checks: CONTENT_CHECKS },
  { title: 'Resuming', checks: RESUMING_CHECKS },
  { title: 'Pages of other origins', checks: CORS_CHECKS },
]

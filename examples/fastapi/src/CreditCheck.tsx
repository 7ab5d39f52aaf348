import { useLatest, useStream } from '@sse/react'
import { api } from './api.ts'
import { leadsByLeadIdCheck } from './contracts.ts'

/** Progress of a check, whose stream ends when it is complete. */
export function CreditCheck({ leadId }: { leadId: number }) {
  const feed = useStream(leadsByLeadIdCheck, { baseUrl: api, params: { lead_id: String(leadId) } })
  const { percent, step } = useLatest(feed, 'message', { initial: { percent: 0, step: 'starting' } })
  return (
    <span className="check">
      <progress max={100} value={percent} aria-label="Credit check" /> {step}
    </span>
  )
}

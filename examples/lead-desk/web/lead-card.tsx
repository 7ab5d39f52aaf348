import type { Lead } from '../shared/lead.ts'
import { formatMoney, Moment } from './format.tsx'

interface LeadCardProps {
  lead: Lead
  isRead: boolean
  /** It has just come: it is shown moving in. */
  isFresh: boolean
  onAcknowledge: () => void
}

export function LeadCard({ lead, isRead, isFresh, onAcknowledge }: LeadCardProps) {
  const { id, title, company, phone, value, assignedAt, assignedBy } = lead
  return (
    <li className="lead" data-lead={id} data-read={isRead} data-fresh={isFresh}>
      <div className="what">
        <h2>
          {!isRead && <span className="new">New</span>}
          {title}
        </h2>
        <p>
          <b>{company}</b>
          {phone && <a href={`tel:${phone.replaceAll(' ', '')}`}>{phone}</a>}
        </p>
        <p className="from">
          from {assignedBy}, <Moment at={assignedAt} />
        </p>
      </div>
      {value !== undefined && <span className="value">{formatMoney(value)}</span>}
      {!isRead && (
        <button
          type="button"
          className="quiet"
          onClick={onAcknowledge}
          title="This lead and all before it are read"
          aria-label={`Mark as read up to here: ${title}`}
        >
          Read up to here
        </button>
      )}
    </li>
  )
}

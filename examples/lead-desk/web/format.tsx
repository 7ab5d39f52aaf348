const money = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR', maximumFractionDigits: 0 })
const time = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const day = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric' })

export const formatMoney = (euros: number) => money.format(euros)

/** When something was: the time for today, else the day too. */
export function Moment({ at }: { at: string }) {
  const date = new Date(at)
  const isToday = date.toDateString() === new Date().toDateString()
  return (
    <time dateTime={at}>{isToday ? time.format(date) : `${day.format(date)}, ${time.format(date)}`}</time>
  )
}

import { element } from './element.ts'

const WINDOW_MS = 60_000
/** Numbers further apart than this were not sent one after the other: the line breaks. */
const BREAK_MS = 2_500
const LEFT = 36
const SCALE = [100, 50, 1]

let points: { at: number; value: number }[] = []

export function addToChart(value: number): void {
  points.push({ at: Date.now(), value })
  drawChart()
}

/** Draws the last minute, `now` at the right edge. */
export function drawChart(): void {
  const chart = element('chart')
  const { clientWidth: width, clientHeight: height } = chart
  const now = Date.now()
  points = points.filter(({ at }) => now - at <= WINDOW_MS)

  const x = (at: number) => LEFT + (1 - (now - at) / WINDOW_MS) * (width - LEFT - 6)
  const y = (value: number) => 8 + ((100 - value) / 99) * (height - 16)
  const place = ({ at, value }: { at: number; value: number }) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`

  const lines: (typeof points)[] = []
  for (const [index, point] of points.entries()) {
    const previous = points[index - 1]
    if (!previous || point.at - previous.at > BREAK_MS) lines.push([])
    lines.at(-1)?.push(point)
  }

  const scale = SCALE.map(
    (value) => `<line class="grid" x1="${LEFT}" x2="${width}" y1="${y(value)}" y2="${y(value)}"/>
      <text class="scale" x="${LEFT - 10}" y="${y(value) + 4}" text-anchor="end">${value}</text>`,
  )
  const curves = lines.map((line) => {
    const path = line.map(place).join(' ')
    const [first, last] = [line[0], line.at(-1)]
    const area = first && last ? `${x(first.at)},${y(1)} ${path} ${x(last.at)},${y(1)}` : ''
    return `<polygon class="area" points="${area}"/><polyline class="curve" points="${path}"/>`
  })
  const latest = points.at(-1)
  const [cx, cy] = latest ? place(latest).split(',') : []
  const values = points.map(({ value }) => value)
  const summary = latest
    ? `${values.length} numbers in the last minute, the latest ${latest.value}`
    : 'No numbers yet'
  chart.innerHTML = `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${summary}">
    <defs><linearGradient id="fade" x1="0" x2="0" y1="0" y2="1"><stop offset="0" stop-color="var(--accent)" stop-opacity=".28"/>
    <stop offset="1" stop-color="var(--accent)" stop-opacity="0"/></linearGradient></defs>
    ${scale.join('')}${curves.join('')}${latest ? `<circle class="latest" cx="${cx}" cy="${cy}" r="5"/>` : ''}</svg>`
}

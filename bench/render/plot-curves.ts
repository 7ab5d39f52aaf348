import type { Role } from '../common/plot.ts'
import type { Curve, Point, Series } from '../growth/curve.ts'

const COLORS: Record<Role, string> = {
  floor: '#6b7280',
  ceiling: '#6b7280',
  ours: '#0f766e',
  peer: '#b45309',
}
const PANEL = { width: 340, height: 240, left: 56, right: 64, top: 48, bottom: 44 }
const COLUMNS = 3
/** Space above the largest and below the smallest figure, as a factor. A flat curve looks flat. */
const MARGIN = 2

/** Draws each curve in a panel with logarithmic axes, the range over the rounds as a vertical line, as SVG. */
export function plotCurves(title: string, curves: readonly Curve[]): string {
  const panels = curves.map((curve, index) => {
    const x = (index % COLUMNS) * PANEL.width
    const y = Math.floor(index / COLUMNS) * PANEL.height
    return `<g transform="translate(${x} ${y})">${drawCurve(curve)}</g>`
  })
  const width = PANEL.width * Math.min(COLUMNS, curves.length)
  const height = PANEL.height * Math.ceil(curves.length / COLUMNS)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" font-family="system-ui, sans-serif" font-size="11" fill="#111827">
<title>${title}</title>
<rect width="100%" height="100%" fill="#fff"/>
${panels.join('\n')}
</svg>
`
}

function drawCurve({ title, x: xTitle, unit, series }: Curve): string {
  const points = series.flatMap((each) => each.points)
  const x = logScale(
    points.map((point) => point.x),
    [PANEL.left, PANEL.width - PANEL.right],
  )
  const extremes = points.flatMap(({ value }) => [value.min / MARGIN, value.max * MARGIN])
  const y = logScale(extremes, [PANEL.height - PANEL.bottom, PANEL.top])
  const bottom = PANEL.height - PANEL.bottom
  const parts = [
    text(8, 16, title, 'font-weight="600" font-size="11"'),
    text(8, 32, unit, 'fill="#6b7280"'),
    text((PANEL.left + PANEL.width - PANEL.right) / 2, PANEL.height - 8, xTitle, MIDDLE),
  ]
  for (const value of powers(y.from, y.to)) {
    const at = round(y.at(value))
    parts.push(
      `<line x1="${PANEL.left}" x2="${PANEL.width - PANEL.right}" y1="${at}" y2="${at}" stroke="#e5e7eb"/>`,
      text(PANEL.left - 6, at + 4, shorten(value), 'text-anchor="end" fill="#6b7280"'),
    )
  }
  for (const value of powers(x.from, x.to)) {
    parts.push(text(round(x.at(value)), bottom + 16, shorten(value), MIDDLE))
  }
  const place = (point: Point) => `${round(x.at(point.x))},${round(y.at(point.value.median))}`
  for (const each of series) parts.push(drawSeries(each, place, x.at, y.at))
  return parts.join('')
}

function drawSeries(
  { row, role, points }: Series,
  place: (point: Point) => string,
  x: (value: number) => number,
  y: (value: number) => number,
): string {
  const color = COLORS[role]
  const dash = row === 'sqlite' ? ' stroke-dasharray="5 3"' : ''
  const last = points.at(-1) as Point
  return [
    `<polyline points="${points.map(place).join(' ')}" fill="none" stroke="${color}" stroke-width="2"${dash}/>`,
    ...points.map(({ x: at, value: { median, min, max } }) => {
      const across = round(x(at))
      return `<line x1="${across}" x2="${across}" y1="${round(y(min))}" y2="${round(y(max))}" stroke="${color}" stroke-opacity="0.5"/><circle cx="${across}" cy="${round(y(median))}" r="3" fill="${color}"><title>${at}: ${median.toPrecision(3)}</title></circle>`
    }),
    text(round(x(last.x)) + 8, round(y(last.value.median)) + 4, row, `fill="${color}"`),
  ].join('')
}

const MIDDLE = 'text-anchor="middle" fill="#6b7280"'

function logScale(values: readonly number[], [start, end]: readonly [number, number]) {
  const from = Math.min(...values)
  const to = Math.max(...values)
  const span = Math.log(to / from) || 1
  return { from, to, at: (value: number) => start + (Math.log(value / from) / span) * (end - start) }
}

/** Powers of ten within a range. */
function powers(from: number, to: number): number[] {
  const first = Math.ceil(Math.log10(from) - 1e-9)
  const last = Math.floor(Math.log10(to) + 1e-9)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => 10 ** (first + index))
}

/** `10k`, `1M`. */
function shorten(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`
  return value >= 1e3 ? `${value / 1e3}k` : String(Number(value.toPrecision(3)))
}

const round = (value: number) => Math.round(value * 10) / 10

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x}" y="${y}" ${attributes}>${content}</text>`
}

import type { Spread } from './spread.ts'

/** `floor` is what the others are divided by; `ceiling` is what a hand can do. */
export type Role = 'floor' | 'ceiling' | 'ours' | 'peer'

export interface Panel {
  title: string
  rows: { name: string; role: Role; ratio: Spread }[]
}

const COLORS: Record<Role, string> = {
  floor: '#6b7280',
  ceiling: '#6b7280',
  ours: '#0f766e',
  peer: '#b45309',
}
const PANEL = { width: 460, left: 100, right: 20, top: 46, line: 22, bottom: 34 }
const COLUMNS = 2

/** Median and range of each row's ratio to the floor, one panel per scenario, as SVG. */
export function plot(title: string, panels: Panel[]): string {
  const lines = Math.max(...panels.map(({ rows }) => rows.length))
  const height = PANEL.top + lines * PANEL.line + PANEL.bottom
  const most = Math.max(...panels.flatMap(({ rows }) => rows.map(({ ratio }) => ratio.max)))
  const scale = (ratio: number) =>
    PANEL.left + (ratio / Math.ceil(most * 2 + 0.2)) * 2 * (PANEL.width - PANEL.left - PANEL.right)
  const drawn = panels.map((panel, index) => {
    const x = (index % COLUMNS) * PANEL.width
    const y = Math.floor(index / COLUMNS) * height
    return `<g transform="translate(${x} ${y})">${draw(panel, scale, lines)}</g>`
  })
  const width = PANEL.width * Math.min(COLUMNS, panels.length)
  const total = height * Math.ceil(panels.length / COLUMNS)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${total}" width="${width}" font-family="system-ui, sans-serif" font-size="12" fill="#111827">
<title>${title}</title>
<rect width="100%" height="100%" fill="#fff"/>
${drawn.join('\n')}
</svg>
`
}

function draw({ title, rows }: Panel, scale: (ratio: number) => number, lines: number): string {
  const bottom = PANEL.top + lines * PANEL.line
  const parts = [text(PANEL.left, 22, title, 'font-weight="600"')]
  for (let ratio = 0; scale(ratio) <= PANEL.width - PANEL.right; ratio += 0.5) {
    const color = ratio === 1 ? '#6b7280' : '#e5e7eb'
    const x = scale(ratio)
    parts.push(`<line x1="${x}" x2="${x}" y1="${PANEL.top - 8}" y2="${bottom}" stroke="${color}"/>`)
    parts.push(text(x, bottom + 16, `${ratio}×`, 'text-anchor="middle" fill="#6b7280"'))
  }
  for (const [index, { name, role, ratio }] of rows.entries()) {
    const y = PANEL.top + index * PANEL.line + 4
    const color = COLORS[role]
    const { median, min, max } = ratio
    parts.push(
      text(PANEL.left - 8, y + 4, name, `text-anchor="end" fill="${color}"`),
      `<line x1="${scale(min)}" x2="${scale(max)}" y1="${y}" y2="${y}" stroke="${color}" stroke-width="2"/>`,
      `<circle cx="${scale(median)}" cy="${y}" r="4" fill="${color}"><title>${median.toFixed(2)}×, ${min.toFixed(2)} to ${max.toFixed(2)}</title></circle>`,
    )
  }
  return parts.join('')
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x}" y="${y}" ${attributes}>${content}</text>`
}

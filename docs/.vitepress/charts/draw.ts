import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import type { Bar } from './results.ts'

export interface ChartOptions {
  /** Described to readers who do not see it. */
  readonly title: string
  /** Below the axis, with the unit. */
  readonly label: string
  /** A value that the bars are compared with. */
  readonly rule?: number
}

const { document } = parseHTML('<!doctype html><html><body></body></html>')
/** Width of the drawing; the page scales it. */
export const WIDTH = 640
export const NAMES = 200
const ROW = 24
export const STYLE: Partial<CSSStyleDeclaration> = {
  background: 'none',
  color: 'currentColor',
  fontSize: '12px',
  fontFamily: 'inherit',
  overflow: 'visible',
}

/** Draws bars with their ranges as SVG, in the colours of the page: light or dark. */
export function drawBars(bars: readonly Bar[], { title, label, rule }: ChartOptions): string {
  const groups = [...new Set(bars.map(({ group }) => group))]
  const rows = [...new Set(bars.map(({ row }) => row))]
  const svg = Plot.plot({
    document: newDocument(),
    width: WIDTH,
    height: groups.length * (rows.length * ROW + 28) + 64,
    marginLeft: NAMES,
    marginRight: 48,
    marginTop: 24,
    marginBottom: 44,
    style: STYLE,
    x: { label, labelAnchor: 'right', labelArrow: 'none', grid: true, zero: true },
    y: { label: null, domain: rows, padding: 0.25 },
    fy: { label: null, domain: groups, axis: null, padding: 0.16 },
    marks: [
      Plot.barX(bars, {
        x: 'median',
        y: 'row',
        fy: 'group',
        fill: ({ isOurs }: Bar) => (isOurs ? OURS : OTHERS),
        rx: 2,
      }),
      Plot.ruleY(bars, {
        x1: 'min',
        x2: 'max',
        y: 'row',
        fy: 'group',
        stroke: 'currentColor',
        strokeOpacity: 0.55,
      }),
      Plot.text(bars, {
        x: 'max',
        y: 'row',
        fy: 'group',
        text: ({ median }: Bar) => (median < 10 ? median.toFixed(2) : median.toFixed(0)),
        textAnchor: 'start',
        dx: 6,
        fill: 'currentColor',
      }),
      Plot.text(groups, {
        fy: (group: string) => group,
        text: (group: string) => group,
        frameAnchor: 'top-left',
        dy: -16,
        fontWeight: 600,
      }),
      ...(rule === undefined ? [] : [Plot.ruleX([rule], { stroke: 'currentColor', strokeDasharray: '3 3' })]),
    ],
  })
  return finish(svg, title)
}

/** Document that Plot draws in. */
export const newDocument = (): Document => document as unknown as Document

/** One picture with one name, instead of a name for each of its parts. */
export function finish(svg: Element, title: string): string {
  for (const part of svg.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label')
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', title)
  return svg.outerHTML
}

export const OURS = 'var(--vp-c-brand-1)'
export const OTHERS = 'var(--chart-others)'

import * as Plot from '@observablehq/plot'
import { finish, NAMES, newDocument, OTHERS, OURS, STYLE, WIDTH } from './draw.ts'
import type { LinePoint } from './growth.ts'

export interface LineOptions {
  /** Described to readers who do not see it. */
  readonly title: string
  /** Above the vertical axis, with the unit. */
  readonly label: string
  /** Below the horizontal axis. */
  readonly xLabel: string
}

const HEIGHT = 320
/** Space above the largest and below the smallest figure, as a factor: a flat curve is to look flat. */
const MARGIN = 2

/** Draws figures over what grows, with logarithmic axes and their ranges, as SVG in the colours of the page. */
export function drawLines(points: readonly LinePoint[], { title, label, xLabel }: LineOptions): string {
  if (points.length === 0) return ''
  const isOurs = ({ isOurs }: LinePoint) => (isOurs ? OURS : OTHERS)
  const lowest = Math.min(...points.map(({ min }) => min)) / MARGIN
  const highest = Math.max(...points.map(({ max }) => max)) * MARGIN
  const format = (value: number) => value.toLocaleString('en')
  const svg = Plot.plot({
    document: newDocument(),
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 64,
    marginRight: NAMES - 40,
    marginTop: 32,
    marginBottom: 44,
    style: STYLE,
    x: {
      type: 'log',
      label: xLabel,
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: 6,
      tickFormat: format,
    },
    y: {
      type: 'log',
      label,
      labelArrow: 'none',
      grid: true,
      ticks: 4,
      tickFormat: format,
      domain: [lowest, highest],
    },
    marks: [
      Plot.ruleX(points, { x: 'x', y1: 'min', y2: 'max', stroke: isOurs, strokeOpacity: 0.55 }),
      Plot.line(points, {
        x: 'x',
        y: 'median',
        z: 'series',
        stroke: isOurs,
        strokeWidth: 2,
      }),
      Plot.dot(points, { x: 'x', y: 'median', fill: isOurs, r: 3 }),
      Plot.text(
        points,
        Plot.selectLast({
          x: 'x',
          y: 'median',
          z: 'series',
          text: 'series',
          textAnchor: 'start',
          dx: 10,
          fill: 'currentColor',
        }),
      ),
    ],
  })
  return finish(svg, title)
}

import type { Panel } from './panel.ts'
import { Recorder } from './recorder.ts'
import type { Redact } from './redact.ts'

export type { Redact } from './redact.ts'

/** Options of `mountDevtools`. */
export interface DevtoolsOptions {
  /** Hides more of URLs and data. Default: passwords and query parameters with secret names. */
  redact?: Redact
}

const TAG = 'sse-devtools'

/**
 * Shows `<sse-devtools>` at the bottom of the page. It lists every feed of every copy of `@sse/client` on the page,
 * including feeds created before. It sends no request, and stores only whether the panel is open.
 *
 * A page has one panel, with the options of the first call. Does nothing outside of a page. Under the condition
 * `production` this is an empty function.
 *
 * @returns a function that removes the panel.
 */
export function mountDevtools({ redact }: DevtoolsOptions = {}): () => void {
  if (typeof document === 'undefined') return () => {}
  const panel = document.querySelector<Panel>(TAG) ?? createPanel(new Recorder(redact))
  let isWanted = true
  const show = () => isWanted && document.body.append(panel)
  if (document.body) show()
  else addEventListener('DOMContentLoaded', show, { once: true })
  return () => {
    isWanted = false
    panel.recorder.stop()
    panel.remove()
  }
}

/** Starts recording at once, so that nothing is missed. The panel's code is loaded meanwhile, and only in a page. */
function createPanel(recorder: Recorder): Panel {
  const panel = Object.assign(document.createElement(TAG), { recorder }) as Panel
  recorder.start()
  import('./panel.ts').then(({ Panel }) => customElements.get(TAG) ?? customElements.define(TAG, Panel))
  return panel
}

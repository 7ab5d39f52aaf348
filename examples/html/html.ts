const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** HTML that may be sent as it is. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Part = string | number | Html | Html[]

/** Builds HTML from a template. Every inserted value is escaped, except HTML built by this function. */
export function html(strings: TemplateStringsArray, ...values: Part[]): Html {
  return new Html(strings.map((text, index) => text + encode(values[index] ?? '')).join(''))
}

function encode(value: Part): string {
  if (Array.isArray(value)) return value.map(encode).join('')
  if (value instanceof Html) return value.text
  return String(value).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '')
}

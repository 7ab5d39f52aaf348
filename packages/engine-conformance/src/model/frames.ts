/** The fields of one frame. */
export interface Frame {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: string | undefined
}

const FIELD = /^([a-z]+): ?(.*)$/

/** Parses whole frames as our encoder writes them. Skips comments and blocks without an event. */
export function parseFrames(text: string): Frame[] {
  const frames: Frame[] = []
  for (const block of text.split('\n\n')) {
    const fields = new Map<string, string>()
    for (const line of block.split('\n')) {
      const [, name, value] = FIELD.exec(line) ?? []
      if (name !== undefined && value !== undefined) fields.set(name, value)
    }
    const frame = { id: fields.get('id'), event: fields.get('event'), data: fields.get('data') }
    if (frame.event !== undefined) frames.push(frame)
  }
  return frames
}

/** Where an event stands: what an id says. Clients must not look into ids; a test that checks them has to. */
export interface Place {
  epoch: string
  position: number
}

export function placeOf(id: string): Place {
  const [epoch, digits] = id.split('-')
  const position = Number.parseInt(digits ?? '', 36)
  if (!epoch || !Number.isSafeInteger(position)) throw new Error(`this is no id: ${JSON.stringify(id)}`)
  return { epoch, position }
}

interface Attribute {
  handler: unknown
  readonly listener: (event: Event) => void
}

/**
 * The `on…` attributes of an `EventTarget`. An attribute's listener keeps the place where the attribute was first set;
 * setting `null` removes it.
 *
 * @see https://html.spec.whatwg.org/multipage/webappapis.html#event-handler-attributes
 */
export class EventHandlers {
  readonly #target: EventTarget
  readonly #attributes = new Map<string, Attribute>()

  constructor(target: EventTarget) {
    this.#target = target
  }

  get(type: string): unknown {
    return this.#attributes.get(type)?.handler ?? null
  }

  set(type: string, handler: unknown): void {
    const known = this.#attributes.get(type)
    const isObject = typeof handler === 'function' || (typeof handler === 'object' && handler !== null)
    if (!isObject) {
      if (known) this.#target.removeEventListener(type, known.listener)
      this.#attributes.delete(type)
    } else if (known) known.handler = handler
    else this.#add(type, handler)
  }

  #add(type: string, handler: unknown): void {
    const attribute: Attribute = {
      handler,
      listener: (event) => {
        if (typeof attribute.handler !== 'function') return
        if (attribute.handler.call(this.#target, event) === false) event.preventDefault()
      },
    }
    this.#attributes.set(type, attribute)
    if (!platformCallsHandlers()) this.#target.addEventListener(type, attribute.listener)
  }
}

let isCalledByPlatform: boolean | undefined

/** Returns whether the platform's `EventTarget` calls `on…` attributes itself, as that of workerd does (1.20261117). */
function platformCallsHandlers(): boolean {
  if (isCalledByPlatform === undefined) {
    isCalledByPlatform = false
    const probe = Object.assign(new EventTarget(), {
      onprobe: () => {
        isCalledByPlatform = true
      },
    })
    probe.dispatchEvent(new Event('probe'))
  }
  return isCalledByPlatform
}

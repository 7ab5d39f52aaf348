// Packages without types, or whose types do not fit their module format.
declare module 'eventsource2' {
  const EventSource: new (url: string) => unknown
  export default EventSource
}
declare module 'jsdom' {
  export class JSDOM {
    constructor(html: string, options?: { url?: string })
    readonly window: Window & typeof globalThis
  }
}

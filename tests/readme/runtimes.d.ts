// Parts of Bun and Deno that the pages use; their types are not installed here.
declare const Bun: {
  serve(options: {
    port?: number
    fetch: (request: Request, server: unknown) => Response | Promise<Response>
  }): unknown
}
declare const Deno: { serve(handler: (request: Request) => Response | Promise<Response>): unknown }
// As React Native's bundler resolves it: the class is the default export.
declare module 'react-native-sse' {
  export default class EventSource<Name extends string> {
    constructor(url: string, options?: { headers?: Record<string, string> })
    addEventListener(name: Name, listener: (event: { data: string | null }) => void): void
    close(): void
  }
}

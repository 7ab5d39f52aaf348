// What the pages use of runtimes whose types are not installed here.
declare const Bun: {
  serve(options: {
    port?: number
    idleTimeout?: number
    fetch: (request: Request) => Response | Promise<Response>
  }): unknown
}
declare const Deno: { serve(handler: (request: Request) => Response | Promise<Response>): unknown }

// Parts of Bun and Deno that the pages use; their types are not installed here.
declare const Bun: {
  serve(options: {
    port?: number
    fetch: (request: Request, server: unknown) => Response | Promise<Response>
  }): unknown
}
declare const Deno: { serve(handler: (request: Request) => Response | Promise<Response>): unknown }

// What `@sse/devtools/mount` is without the condition `development`.
export {}

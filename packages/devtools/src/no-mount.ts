// Entry `@sse/devtools/mount` without the condition `development`.
export {}

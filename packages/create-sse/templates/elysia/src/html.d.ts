declare module '*.html' {
  import type { HTMLBundle } from 'bun'

  const page: HTMLBundle
  export default page
}

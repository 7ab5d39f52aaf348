/** Decoration: the name is beside it. */
export function Logo({ size }: { size: number }) {
  return <img src={new URL('./icon.svg', import.meta.url).href} alt="" width={size} height={size} />
}

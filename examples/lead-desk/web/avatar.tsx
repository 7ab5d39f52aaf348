/** A person's initial, in a colour of their own. Decoration: the name is always beside it. */
export function Avatar({ name, isOnline }: { name: string; isOnline?: boolean }) {
  const hue = [...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 6
  return (
    <span className="avatar" data-hue={hue} data-online={isOnline} aria-hidden="true">
      {name.slice(0, 1)}
    </span>
  )
}

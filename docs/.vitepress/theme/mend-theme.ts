/**
 * Mends what VitePress 1.6's theme leaves out for assistive technology. Remove each part when the theme has it; the
 * site's tests run all rules of axe.
 */
export function mendTheme(): void {
  // The landing page and that of a wrong address have no landmark for their content.
  const content = document.querySelector('.VPContent')
  if (content?.querySelector('main')) content.removeAttribute('role')
  else content?.setAttribute('role', 'main')
  // The button's text includes its shortcut, which its name leaves out. On a phone the text is hidden.
  const search = document.querySelector('.DocSearch-Button')
  search?.setAttribute('aria-label', search.textContent?.trim().replace(/\s+/g, ' ') ?? 'Search')
  // A group's heading is a button already; its arrow would be a second one inside.
  for (const arrow of document.querySelectorAll('.VPSidebarItem > .item[role=button] > .caret')) {
    for (const name of ['role', 'tabindex', 'aria-label']) arrow.removeAttribute(name)
    arrow.setAttribute('aria-hidden', 'true')
  }
}

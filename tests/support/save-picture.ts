import { join } from 'node:path'
import type { Page } from 'playwright'

/**
 * Saves a picture of the page as `__screenshots__/<name>.png` in the folder, for a person to look at. Does nothing unless
 * the environment has `SCREENSHOTS`: no test compares pictures, and a picture of a full page takes seconds.
 */
export async function savePicture(page: Page, folder: string, name: string): Promise<void> {
  if (!process.env.SCREENSHOTS) return
  await page.screenshot({ path: join(folder, '__screenshots__', `${name}.png`), fullPage: true })
}

/** Space for subject and headers beside the payload of an entry, in bytes. */
export const OVERHEAD_BYTES = 8_192

/** Compares versions such as `2.10.27`. */
export function isBelow(version: string, other: string): boolean {
  return version.localeCompare(other, 'en', { numeric: true }) < 0
}

/**
 * For who writes an engine on a server: a connection that heals by itself, the failures a hub understands, and whom
 * to wake. Our own engines stand on it.
 *
 * @module
 */
export { closed, failed, isTlsProblem, unavailable } from './failure.ts'
export { Link, type LinkConnection, type LinkSettings } from './link.ts'
export { Waker } from './waker.ts'

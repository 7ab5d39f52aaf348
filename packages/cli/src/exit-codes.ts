/** Exit codes of every command. */
export const EXIT = {
  /** Done, and nothing was found wrong. */
  ok: 0,
  /** It worked, and found something wrong: a failed check of `doctor`, errors in `load`. */
  found: 1,
  /** The command line is wrong: an unknown option, an address that is none. Nothing was done. */
  usage: 2,
  /** It could not do its work: no connection, a refusal, a file that cannot be read. */
  failed: 3,
  /** Ended by a second Ctrl-C, before it could end in order. */
  interrupted: 130,
} as const

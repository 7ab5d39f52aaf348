/** How a function of the app can fail. */
export const WAYS = {
  throws: () => {
    throw new Error('app')
  },
  rejects: () => Promise.reject(new Error('app')),
  'never settles': () => new Promise<never>(() => {}),
  'throws what is no error': () => {
    throw undefined
  },
  'returns nonsense': () => 12,
} as const satisfies Record<string, () => unknown>

export type Way = keyof typeof WAYS
export type Misbehave = () => never

/**
 * What `JSON.parse(JSON.stringify(value))` returns for a `T`:
 *
 * - the result of `toJSON`: a `Date` and a `URL` become `string`;
 * - objects without their methods, and with `undefined` where a function or a symbol may be;
 * - arrays with `null` where an element may be `undefined`;
 * - `{}` for a `Map` or a `Set`, which JSON carries no entries of;
 * - `never` for a `bigint`, which JSON cannot carry: publishing one throws `payload_invalid`.
 *
 * `any`, `unknown` and branded types stay as they are. `NaN` and `Infinity` arrive as `null`, which types cannot tell
 * from other numbers.
 */
export type Json<T> = unknown extends T
  ? T
  : T extends string | number | boolean | null | undefined
    ? T
    : T extends { toJSON(key?: never): infer Result }
      ? Json<Result>
      : T extends bigint
        ? never
        : T extends symbol | AnyFunction
          ? undefined
          : T extends ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>
            ? Record<never, never>
            : T extends readonly unknown[]
              ? { [Index in keyof T]: NullIfUndefined<Json<T[Index]>> }
              : { [Key in keyof T as T[Key] extends AnyFunction ? never : Key]: Json<T[Key]> }

type AnyFunction = (...args: never) => unknown
type NullIfUndefined<Item> = Exclude<Item, undefined> | (undefined extends Item ? null : never)

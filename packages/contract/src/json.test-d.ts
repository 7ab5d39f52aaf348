import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { defineStream, type Json, type Payload, type PayloadInput, type } from './index.ts'

test('a date and every other value with toJSON arrives as what it returns', () => {
  expectTypeOf<Json<{ at: Date; url?: URL }>>().toEqualTypeOf<{ at: string; url?: string }>()
  expectTypeOf<Json<Date | null>>().toEqualTypeOf<string | null>()
  expectTypeOf<Json<{ toJSON(): { at: Date } }>>().toEqualTypeOf<{ at: string }>()
})

test('what JSON carries is left as it is: optional, readonly, tuples, unions, index signatures', () => {
  interface Lead {
    readonly id: string
    score?: number
    tags: readonly string[]
    at: [x: number, y: number]
    state: 'open' | 'closed' | null
    owner: { name: string } | undefined
    extra: Record<string, boolean>
  }
  expectTypeOf<Json<Lead>>().toEqualTypeOf<Lead>()
  expectTypeOf<Json<number | string[]>>().toEqualTypeOf<number | string[]>()
  expectTypeOf<Json<{ kind: 'a'; a: 1 } | { kind: 'b'; b: 2 }>>().toEqualTypeOf<
    { kind: 'a'; a: 1 } | { kind: 'b'; b: 2 }
  >()
})

// biome-ignore lint/suspicious/noExplicitAny: payloads of untyped sources.
type Any = any

test('any, unknown, never and branded types stay', () => {
  expectTypeOf<Json<{ a: Any; b: unknown }>>().toEqualTypeOf<{ a: Any; b: unknown }>()
  expectTypeOf<Json<Any>>().toEqualTypeOf<Any>()
  expectTypeOf<Json<unknown[]>>().toEqualTypeOf<unknown[]>()
  expectTypeOf<Json<never>>().toEqualTypeOf<never>()
  type Id = string & { readonly brand: 'Id' }
  expectTypeOf<Json<{ id: Id }>>().toEqualTypeOf<{ id: Id }>()
})

test('a recursive type stays recursive', () => {
  interface Tree {
    at: Date
    children: Tree[]
  }
  expectTypeOf<Json<Tree>['children'][number]['children'][number]['at']>().toEqualTypeOf<string>()
})

test('what JSON does not carry is not there to be used', () => {
  class Lead {
    readonly id: string = '1'
    readonly at = new Date()
    rename(): void {}
  }
  expectTypeOf<Json<Lead>>().toEqualTypeOf<{ readonly id: string; readonly at: string }>()
  expectTypeOf<Json<{ f?: () => void; s: symbol | number }>>().toEqualTypeOf<{
    f?: undefined
    s: undefined | number
  }>()
  expectTypeOf<Json<Map<string, Date>>>().toEqualTypeOf<Record<never, never>>()
  expectTypeOf<Json<{ ids: Set<string> }>>().toEqualTypeOf<{ ids: Record<never, never> }>()
  expectTypeOf<Json<{ count: bigint }>>().toEqualTypeOf<{ count: never }>()
  expectTypeOf<Json<(number | undefined)[]>>().toEqualTypeOf<(number | null)[]>()
  expectTypeOf<Json<[Date, (() => void)?]>[0]>().toEqualTypeOf<string>()
})

test('the server passes the type, and the client receives what JSON carries; schemas that run are not changed', () => {
  const leads = defineStream({
    path: '/leads',
    events: { lead: type<{ at: Date }>(), checked: z.object({ at: z.coerce.date() }) },
  })
  expectTypeOf<PayloadInput<typeof leads, 'lead'>>().toEqualTypeOf<{ at: Date }>()
  expectTypeOf<Payload<typeof leads, 'lead'>>().toEqualTypeOf<{ at: string }>()
  expectTypeOf<Payload<typeof leads, 'checked'>>().toEqualTypeOf<{ at: Date }>()
})

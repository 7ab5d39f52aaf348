import { connect } from '@sse/client'
import { defineStream, type } from '@sse/contract'
import { expect, it } from 'vitest'
import { importPage } from './import-page.ts'

it('the code of the landing page delivers to the person it names', async () => {
  const code = await importPage('docs/index.md')
  await code.load('server.ts')
  const inbox = defineStream({ path: '/inbox', events: { lead: type<{ title: string }>() } })
  using feed = connect(inbox, { baseUrl: code.origin, headers: { 'x-user': 'ada' } })
  for await (const { payload } of feed) {
    expect(payload).toEqual({ title: 'A roof in Lyon' })
    break
  }
})

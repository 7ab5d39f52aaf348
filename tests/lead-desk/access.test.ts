import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Desk, PASSWORD, post, type SignedIn, signIn, startDesk } from './desk.ts'

let desk: Desk
let dana: SignedIn
let ada: SignedIn
beforeAll(async () => {
  desk = await startDesk()
  dana = await signIn(desk, 'dana')
  ada = await signIn(desk, 'ada')
})
afterAll(() => desk[Symbol.asyncDispose]())

const refusal = async (response: Response | Promise<Response>) => {
  const { status } = await response
  const { code } = (await (await response).json()) as { code: string }
  return [status, code]
}
const ack = (headers: Record<string, string>, owner: string, id = 'a-1') =>
  fetch(`${desk.url}/leads/${owner}/ack`, { method: 'POST', headers: { ...headers, 'last-event-id': id } })

describe('sign-in', () => {
  it('refuses a wrong password, and a person who is not there, with the same words', async () => {
    const wrong = await post(`${desk.url}/api/sign-in`, { person: 'ada', password: 'show me leadz' })
    const nobody = await post(`${desk.url}/api/sign-in`, { person: 'eve', password: PASSWORD })
    expect([wrong.status, nobody.status]).toEqual([401, 401])
    expect(wrong.headers.get('set-cookie')).toBeNull()
    expect(nobody.headers.get('set-cookie')).toBeNull()
    expect(await wrong.text()).toBe(await nobody.text())
  })

  it('gives a cookie that scripts and other sites cannot use', async () => {
    const { headers } = await post(`${desk.url}/api/sign-in`, { person: 'ada', password: PASSWORD })
    expect(headers.get('set-cookie')).toMatch(/; HttpOnly; SameSite=Lax$/)
  })

  it('refuses a cookie with another token', async () => {
    const forged = [
      `${ada.headers.cookie.slice(0, -1)}_`,
      ada.headers.cookie.slice(0, -3),
      `${ada.headers.cookie}x`,
      'lead-desk=ada',
      'lead-desk=',
    ]
    for (const cookie of forged) {
      const headers = { cookie }
      expect(await refusal(fetch(`${desk.url}/leads/ada`, { headers }))).toEqual([401, 'unauthorized'])
      expect(await refusal(fetch(`${desk.url}/api/inbox/ada`, { headers }))).toEqual([401, 'unauthorized'])
    }
  })

  it('keeps no password, only its hash', () => {
    const db = new DatabaseSync(`${desk.data}/lead-desk.db`, { readOnly: true })
    const hashes = db.prepare('SELECT password_hash FROM people').all()
    db.close()
    expect(new Set(hashes.map((row) => row.password_hash)).size).toBe(4)
    expect(JSON.stringify(hashes)).not.toContain(PASSWORD)
  })

  it('stores no session token, only its hash', () => {
    const db = new DatabaseSync(`${desk.data}/lead-desk.db`, { readOnly: true })
    const rows = JSON.stringify(db.prepare('SELECT * FROM sessions').all())
    db.close()
    expect(rows).toContain('token_hash')
    expect(rows).not.toContain(ada.headers.cookie.split('=')[1])
  })

  it('sign-out ends the session at once and closes the streams it opened', async () => {
    const [chloe, other] = [await signIn(desk, 'chloe'), await signIn(desk, 'chloe')]
    const stream = await chloe.get('/leads/chloe')
    const response = await post(`${desk.url}/api/sign-out`, {}, chloe.headers)
    expect(response.status).toBe(204)
    expect(response.headers.get('set-cookie')).toMatch(/^lead-desk=; Max-Age=0/)
    expect(await stream.text()).toContain('"code":"revoked"')
    expect(await refusal(chloe.get('/leads/chloe'))).toEqual([401, 'unauthorized'])
    expect(await refusal(chloe.get('/api/inbox/chloe'))).toEqual([401, 'unauthorized'])
    // Another device of the same person keeps its session.
    expect((await other.get('/api/inbox/chloe')).status).toBe(200)
  })

  it('sign-out also closes the dispatcher’s desk', async () => {
    const other = await signIn(desk, 'dana')
    const stream = await other.get('/desk')
    expect(stream.status).toBe(200)
    expect((await post(`${desk.url}/api/sign-out`, {}, other.headers)).status).toBe(204)
    expect(await stream.text()).toContain('"code":"revoked"')
    expect(await refusal(other.get('/desk'))).toEqual([401, 'unauthorized'])
  })

  it('the limit of 20 connections of a person applies to every stream', async () => {
    const other = await signIn(desk, 'dana')
    const open = await Promise.all(Array.from({ length: 20 }, () => other.get('/desk')))
    expect(open.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(await refusal(other.get('/desk'))).toEqual([503, 'too_many_connections'])
    await Promise.all(open.map(({ body }) => body?.cancel()))
    // Their places are free again once the server has noticed.
    await vi.waitFor(async () => {
      const response = await other.get('/desk')
      await response.body?.cancel()
      expect(response.status).toBe(200)
    }, 20_000)
  })

  it('an expired session is not accepted', async () => {
    const ben = await signIn(desk, 'ben')
    const db = new DatabaseSync(`${desk.data}/lead-desk.db`, { timeout: 5_000 })
    db.prepare("UPDATE sessions SET expires_at = ? WHERE person = 'ben'").run(Date.now() - 1)
    db.close()
    expect(await refusal(ben.get('/api/inbox/ben'))).toEqual([401, 'unauthorized'])
  })
})

describe('who may do what', () => {
  it('a stranger may do nothing', async () => {
    const paths = ['/leads/ada', '/api/inbox/ada', '/desk']
    for (const path of paths) {
      expect(await refusal(fetch(desk.url + path))).toEqual([401, 'unauthorized'])
    }
    for (const path of ['/api/leads', '/api/leads/random', '/api/inbox/ada/read']) {
      expect(await refusal(post(desk.url + path, {}))).toEqual([401, 'unauthorized'])
    }
    expect(await refusal(ack({}, 'ada'))).toEqual([401, 'unauthorized'])
  })

  it("nobody reads another's inbox, not even a dispatcher", async () => {
    for (const person of [dana, await signIn(desk, 'ben')]) {
      expect(await refusal(person.get('/leads/ada'))).toEqual([403, 'forbidden'])
      expect(await refusal(person.get('/leads/%61da'))).toEqual([403, 'forbidden'])
      expect(await refusal(person.get('/api/inbox/ada'))).toEqual([403, 'forbidden'])
      expect(await refusal(person.post('/api/inbox/ada/read', { upTo: 1 }))).toEqual([403, 'forbidden'])
      expect(await refusal(ack(person.headers, 'ada'))).toEqual([403, 'forbidden'])
    }
  })

  it('an id from elsewhere is no acknowledgement', async () => {
    expect(await refusal(ack(ada.headers, 'ada', 'another-1'))).toEqual([409, 'ack_invalid'])
    expect(await refusal(ack(ada.headers, 'ada', ''))).toEqual([400, 'ack_invalid'])
  })

  it("a salesperson assigns nothing to others, and does not see the dispatcher's desk", async () => {
    expect(await refusal(ada.assign('ben', 'Mine'))).toEqual([403, 'forbidden'])
    const random = ada.post('/api/leads/random', { owner: 'ben' }, { 'idempotency-key': 'aaaaaaaa' })
    expect(await refusal(random)).toEqual([403, 'forbidden'])
    expect(await refusal(ada.get('/desk'))).toEqual([403, 'forbidden'])
  })

  it("a form of another site's is refused, whatever it carries", async () => {
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data']) {
      const response = fetch(`${desk.url}/api/leads/random`, {
        method: 'POST',
        headers: { ...ada.headers, 'content-type': type, 'idempotency-key': 'aaaaaaaa' },
        body: '{"owner":"ada"}',
      })
      expect(await refusal(response)).toEqual([415, 'json_only'])
    }
  })
})

describe('what is assigned is checked', () => {
  it.each([
    ['no body', {}],
    ['no title', { owner: 'ada', title: '  ', company: 'Acme' }],
    ['a title as long as a book', { owner: 'ada', title: 'x'.repeat(121), company: 'Acme' }],
    ['a value that is no number', { owner: 'ada', title: 'x', company: 'Acme', value: '1' }],
    ['a value below nothing', { owner: 'ada', title: 'x', company: 'Acme', value: -1 }],
  ])('%s', async (_what, body) => {
    const response = dana.post('/api/leads', body, { 'idempotency-key': 'aaaaaaaa' })
    expect(await refusal(response)).toEqual([400, 'body_invalid'])
  })

  it('to somebody who is there, and who sells', async () => {
    for (const owner of ['eve', 'dana', "ada' --"]) {
      expect(await refusal(dana.assign(owner, 'x'))).toEqual([400, 'owner_unknown'])
    }
  })

  it('with a key that makes trying again safe', async () => {
    const body = { owner: 'ada', title: 'x', company: 'Acme' }
    expect(await refusal(dana.post('/api/leads', body))).toEqual([400, 'idempotency_key_missing'])
  })
})

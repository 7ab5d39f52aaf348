import type { Lead } from './contracts.ts'

/** Where the FastAPI app runs. */
export const api: string = import.meta.env.VITE_API ?? 'http://localhost:8000'

export interface Desk {
  leads: Lead[]
  last_event_id: string
}

export const loadDesk = async (): Promise<Desk> => (await request('/leads')).json()

export async function addLead(name: string): Promise<void> {
  await request('/leads', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, source: 'web', budget: null }),
  })
}

export async function assignLead(id: number, owner: string): Promise<void> {
  await request(`/leads/${id}/owner?${new URLSearchParams({ owner })}`, { method: 'PUT' })
}

async function request(path: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(api + path, init)
  if (!response.ok) throw new Error(`${path}: ${response.status}`)
  return response
}

import type { NewLead } from '../shared/lead.ts'

const wishes = [
  'Replace 40 office laptops',
  'Quote for a solar roof',
  'Fleet of six electric vans',
  'Support contract up for renewal',
  'Kitchen for a new restaurant',
  'Moving the warehouse to Lyon',
  'Heat pump for 24 flats',
  'Till system for three shops',
  'Translation of the product catalogue',
  'Training for the night shift',
]
const companies = [
  'Alder & Sons',
  'Bright Bakery',
  'Cobalt Clinics',
  'Delta Freight',
  'Elm Street School',
  'Fjord Fish',
  'Grand Hotel Ruby',
  'Harbour Books',
]

/** Something to look at. */
export function randomLead(owner: string): NewLead {
  const digits = String(Math.floor(Math.random() * 1_000_000)).padStart(6, '0')
  return {
    owner,
    title: pick(wishes),
    company: pick(companies),
    phone: `+49 30 ${digits.slice(0, 3)} ${digits.slice(3)}`,
    value: 500 * (1 + Math.floor(Math.random() * 120)),
  }
}

const pick = (from: string[]) => from[Math.floor(Math.random() * from.length)] ?? ''

// Written from Leads by @sse/openapi. Do not edit: write it again.

import { defineStream, text, type } from '@sse/contract'

export type UnionPet = Kitten | Puppy
export type Vehicle = VehicleCar | VehicleTruck
export type TemperaturesMessage = number | string

export interface Lead {
  id: number
  name: string
  phone?: null | string
}
export interface Kitten {
  name: string
  lives?: number
}
export interface Puppy {
  name?: string
  good?: boolean
}
export interface VehicleCar {
  $type: 'car'
  seats?: number
}
export interface VehicleTruck {
  $type: 'truck'
  load?: number
}

/** (GET /leads) */
export const leads = defineStream({
  path: '/leads',
  events: {
    message: type<Lead>(),
  },
})

/** (GET /pets/:id) */
export const petsById = defineStream({
  path: '/pets/:id',
  events: {
    Kitten: type<UnionPet>(),
    Puppy: type<UnionPet>(),
  },
})

/** (GET /vehicles) */
export const vehicles = defineStream({
  path: '/vehicles',
  events: {
    car: type<Vehicle>(),
    truck: type<Vehicle>(),
  },
})

/** (GET /temperatures) */
export const temperatures = defineStream({
  path: '/temperatures',
  events: {
    message: type<TemperaturesMessage>(),
  },
})

/** (GET /log) */
export const log = defineStream({
  path: '/log',
  events: {
    message: text(),
  },
})

export interface Person {
  id: string
  name: string
  role: 'dispatcher' | 'sales'
}

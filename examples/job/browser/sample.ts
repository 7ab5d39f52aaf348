const NAMES = ['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Donald', 'Radia', 'Leslie']

/** Returns a CSV file of customers, of which a few lines are invalid. */
export function sampleCsv(rows = 320): string {
  const lines = Array.from({ length: rows }, (_, n) => {
    const name = `${NAMES[n % NAMES.length]} ${n + 1}`
    if (n % 97 === 40) return `${name},unknown`
    if (n % 150 === 120) return `,customer${n + 1}@example.com`
    return `${name},customer${n + 1}@example.com`
  })
  return ['name,email', ...lines].join('\n')
}

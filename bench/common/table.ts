/** Prints lines of cells, the first column to the left and the others to the right. */
export function printTable(title: string, table: string[][]): void {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((line) => line[column]?.length ?? 0)),
  )
  console.log(`\n${title}`)
  for (const [name = '', ...cells] of table) {
    const right = cells.map((cell, column) => cell.padStart(widths[column + 1] as number))
    console.log(`  ${[name.padEnd(widths[0] as number), ...right].join('  ')}`)
  }
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

/** What benches measure, and how it is shown. */

export interface Figure {
  readonly name: string
  /** Null: it did not come about within the time given. */
  readonly value: number | null
  readonly unit: string
}

/** Of one round or several, of which it is the median. */
export interface Measurement extends Figure {
  /** Of several rounds, in order. */
  readonly rounds?: readonly (number | null)[]
  /** Of the library; none where only the present one is measured. */
  readonly version?: string
}

/** Of one figure measured again and again; what did not come about counts as the greatest. */
export function ofRounds(name: string, unit: string, rounds: readonly (number | null)[]): Measurement {
  const sorted = [...rounds].sort((a, b) => (a ?? Infinity) - (b ?? Infinity))
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)]!, sorted[Math.ceil((sorted.length - 1) / 2)]!]
  return { name, unit, value: low === null || high === null ? null : (low + high) / 2, rounds }
}

/** A line for each name, a column for each version. */
export function table(measurements: readonly Measurement[]): string {
  const versions = [...new Set(measurements.map(({ version }) => version))]
  const names = [...new Set(measurements.map(({ name }) => name))]
  const rows = names.map((name) => {
    const cells = versions.map((version) => measurements.find((each) => each.name === name && each.version === version))
    return [name, ...cells.map((cell) => (cell ? show(cell) : '')), cells.find((cell) => cell)!.unit]
  })
  if (versions.length > 1) rows.unshift(['', ...versions.map((version) => version ?? ''), ''])
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const pad = (cell: string, column: number) =>
    column === 0 || column > versions.length ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n')
}

function show({ value, rounds = [] }: Measurement): string {
  if (rounds.length < 2) return figure(value)
  const figures = rounds.map((round) => round ?? Infinity)
  return `${figure(value)} (${figure(Math.min(...figures))} to ${figure(Math.max(...figures))})`
}

function figure(value: number | null): string {
  return value === null || value === Infinity ? 'never' : value.toFixed(1)
}

/** Tables for the documents, in Markdown. */
import type { Measurement } from '../measurement.ts'
import type { PeerResults } from '../peers/results.ts'
import { figureText, type JudgedClaim, ratioText } from './claims.ts'
import type { Circumstances, Recorded } from './record.ts'

/** Characters that a rule needs, with its colon. */
const NARROWEST = 4

/** The first column to the left, the others to the right; as wide as the formatter would have them. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(NARROWEST, ...[head, ...rows].map((row) => row[column]!.length)))
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)
  const line = (cells: readonly string[]) => `| ${cells.map(pad).join(' | ')} |`
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n')
}

/** One row, for who has little room. */
export function prominentTable(claims: readonly JudgedClaim[]): string {
  const prominent = claims.filter(({ isProminent }) => isProminent)
  return markdownTable(
    ['', ...prominent.map(({ what }) => what)],
    [['to client-go', ...prominent.map((claim) => ratioText(claim))]],
  )
}

export function goalTable(claims: readonly JudgedClaim[]): string {
  return markdownTable(
    ['', 'ours', 'client-go', 'ratio', 'goal', ''],
    claims.map((claim) => [
      claim.what,
      withUnit(claim.ours, claim.unit),
      withUnit(claim.theirs, claim.unit),
      claim.ours === 0 || claim.theirs === 0 ? '' : ratioText(claim),
      claim.goal === undefined ? 'none' : `≤ ${ratioText({ ours: claim.goal, theirs: 1 })}`,
      claim.isMet ? 'met' : 'missed',
    ]),
  )
}

/** A table a case: a row for each figure, a column for each peer; the median, and the least and the greatest. */
export function fullTables({ peers, measurements }: PeerResults): string {
  const cases = Map.groupBy(measurements, ({ name }) => name.slice(0, name.indexOf(': ')))
  const tables = [...cases].map(([title, figures]) => {
    const columns = peers.map(({ name }) => name).filter((peer) => figures.some(({ version }) => version === peer))
    const names = [...new Set(figures.map(({ name }) => name))]
    const rows = names.map((name) => [
      nameText(name.slice(title.length + 2), figures.find((each) => each.name === name)!.unit),
      ...columns.map((peer) => cell(figures.find((each) => each.name === name && each.version === peer))),
    ])
    return `**${title}**\n\n${markdownTable(['', ...columns], rows)}`
  })
  return tables.join('\n\n')
}

/** Of measurements named `COLUMN: ROW`, beneath when and where. */
export function crossTable({ measurements, ...circumstances }: Recorded<object>): string {
  const columns = Map.groupBy(measurements, ({ name }) => name.slice(0, name.indexOf(': ')))
  const rows = new Map<string, string[]>()
  for (const [column, figures] of columns) {
    for (const { name, unit, value } of figures) {
      const row = nameText(name.slice(column.length + 2), unit)
      rows.set(row, [...(rows.get(row) ?? []), figureText(value)])
    }
  }
  const body = [...rows].map(([row, cells]) => [row, ...cells])
  return `${when(circumstances)}.\n\n${markdownTable(['', ...columns.keys()], body)}`
}

/** When and where it was measured. */
export function when({ date, commit, machine }: Circumstances): string {
  const { processor, cores, memory, system } = machine
  return `Measured on ${date} at ${commit}: ${processor}, ${cores} cores, ${memory}, ${system}`
}

/** What the figures depend on. */
export function conditions({ timing, rounds, window, peers, missing, ...circumstances }: PeerResults): string {
  const { leaseDuration, renewDeadline, retryPeriod } = timing
  return [
    `${when(circumstances)}; lease ${leaseDuration} s, deadline ${renewDeadline} s, interval ${retryPeriod} s; ` +
      `${rounds} ${rounds === 1 ? 'round' : 'rounds'} of what is quick, fewer of what takes long; ` +
      `${window} s without any event for what an hour costs.`,
    '',
    markdownTable(
      ['', 'version'],
      peers.map(({ name, version }) => [name, version]),
    ),
    ...missing.map(({ name, because }) => `\nWithout ${name}: ${because}.`),
  ].join('\n')
}

function nameText(name: string, unit: string): string {
  return unit === '' ? name : `${name}, ${unit}`
}

function withUnit(value: number | null, unit: string): string {
  return `${figureText(value)} ${unit}`.trimEnd()
}

function cell(measurement: Measurement | undefined): string {
  if (!measurement) return ''
  const { value, rounds = [] } = measurement
  if (rounds.length < 2) return figureText(value)
  const figures = rounds.map((round) => round ?? Infinity)
  const [least, greatest] = [Math.min(...figures), Math.max(...figures)]
  return `${figureText(value)} (${figureText(least)}–${greatest === Infinity ? 'never' : figureText(greatest)})`
}

/** `mutations.md`: which seed notices which mistake. Written by `npm run mutations`, checked by `npm test`. */
import { readFileSync } from 'node:fs'
import type { Failure } from './runner.ts'

export const TABLE = new URL('mutations.md', import.meta.url)

export interface Kill {
  readonly mutation: string
  /** The first seed from 1 on that notices it; undefined where a scenario does. */
  readonly seed: number | undefined
}

/** What notices a mutation, and how. */
export interface Row {
  readonly mutation: string
  readonly failure: Omit<Failure, 'explanation'> | undefined
  readonly scenario: string | undefined
  readonly noticed: string | undefined
}

const HEAD = `# Mistakes that the simulation notices

Written by \`npm run mutations\`: each row is a deliberate mistake in the sources (\`mutations.ts\`), the first seed from 1 on whose
history violates something, or the scenario (\`scenarios.ts\`) that notices it, and what was noticed.
\`npm run simulate -- --mutation "the mistake"\` shows that history, made as small as it gets.
`

export function writeTable(rows: readonly Row[]): string {
  const cells = [
    ['mistake', 'seed or scenario', 'what is noticed'],
    ['', '', ''],
    ...rows.map(({ mutation, failure, scenario, noticed }) => {
      if (failure) return [mutation, String(failure.seed), failure.violation]
      return [mutation, scenario ?? 'none', noticed ?? '**survives**']
    }),
  ]
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]!.length)))
  const lines = cells.map((row, index) =>
    row.map((cell, column) => cell.padEnd(widths[column]!, index === 1 ? '-' : ' ')).join(' | '),
  )
  return `${HEAD}\n${lines.map((line) => `| ${line} |`).join('\n')}\n`
}

export function readTable(): Kill[] {
  const rows = [...readFileSync(TABLE, 'utf8').matchAll(/^\| +(.+?) +\| +(.+?) +\|/gm)]
  return rows.slice(1).flatMap(([, mutation, cell]) => {
    if (mutation!.startsWith('---')) return []
    return { mutation: mutation!, seed: /^\d+$/.test(cell!) ? Number(cell) : undefined }
  })
}

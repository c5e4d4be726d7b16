/** `mutations.md`: which seed notices which mistake. Written by `npm run mutations`, checked by `npm test`. */
import { readFileSync } from 'node:fs'
import type { Failure } from './runner.ts'

export const TABLE = new URL('mutations.md', import.meta.url)

export interface Kill {
  readonly mutation: string
  /** The first seed from 1 on that notices it. */
  readonly seed: number
}

const HEAD = `# Mistakes that the simulation notices

Written by \`npm run mutations\`: each row is a deliberate mistake in the sources (\`mutations.ts\`), the first seed from 1 on whose
history violates something, after how many histories that is, and what was violated.
\`npm run simulate -- --mutation "the mistake"\` shows that history, made as small as it gets.
`

export function writeTable(
  rows: readonly { readonly mutation: string; readonly failure: Failure | undefined }[],
): string {
  const cells = [
    ['mistake', 'seed', 'histories', 'what is noticed'],
    ['', '', '', ''],
    ...rows.map(({ mutation, failure }) =>
      failure
        ? [mutation, String(failure.seed), String(failure.seed), failure.violation]
        : [mutation, 'none', '', '**survives**'],
    ),
  ]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((row) => row[column]!.length)))
  const lines = cells.map((row, index) =>
    row.map((cell, column) => cell.padEnd(widths[column]!, index === 1 ? '-' : ' ')).join(' | '),
  )
  return `${HEAD}\n${lines.map((line) => `| ${line} |`).join('\n')}\n`
}

export function readTable(): Kill[] {
  return [...readFileSync(TABLE, 'utf8').matchAll(/^\| +(.+?) +\| +(\d+) +\|/gm)].map(([, mutation, seed]) => ({
    mutation: mutation!,
    seed: Number(seed),
  }))
}

/** What was typed can't be meant; and what may be meant instead. */

/** The exit code says so, too. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** `unknown option --renewabl; did you mean --renewable?`, or all that there are where none is near. */
export function unknownName(what: string, typed: string, names: readonly string[]): UsageError {
  const bare = typed.replaceAll('"', '')
  const near = names
    .map((name) => ({ name, distance: distance(bare, name) }))
    .filter(({ name, distance }) => distance <= 2 || (bare.length > 3 && name.startsWith(bare)))
    .sort((a, b) => a.distance - b.distance)[0]
  const meant = near ? `did you mean ${near.name}?` : `expected one of ${names.join(', ')}.`
  return new UsageError(`unknown ${what} ${typed}; ${meant}`)
}

/** How many characters have to be put in, taken out or exchanged to make one word of the other. */
function distance(from: string, to: string): number {
  let row = [...to, ''].map((_, index) => index)
  for (const [index, character] of [...from].entries()) {
    const next = [index + 1]
    for (const [column, other] of [...to].entries()) {
      const exchanged = row[column]! + (character === other ? 0 : 1)
      next.push(Math.min(exchanged, row[column + 1]! + 1, next[column]! + 1))
    }
    row = next
  }
  return row.at(-1)!
}

/** The end of a name that the server completes, of `generateName`. */
import { randomBytes } from 'node:crypto'

/** As Kubernetes makes them: without vowels, so that no word comes of it. */
export function randomSuffix(): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789'
  return [...randomBytes(5)].map((byte) => letters[byte % letters.length]).join('')
}

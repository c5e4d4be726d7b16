import { readFileSync } from 'node:fs'

/** As package.json has it, which is two folders up from here and from `dist/cli` alike. */
export function readVersion(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version
}

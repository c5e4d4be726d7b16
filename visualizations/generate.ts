/**
 * Draws the statechart from the machine itself, so that the pictures can't tell another story than the code.
 *
 * `node visualizations/generate.ts` writes them; with `--check` it fails where they are not up to date. Either way it
 * fails where one would be illegible.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { buildStatechart } from '../src/statechart/machine.ts'
import { drawAll, inDocument } from './pictures.ts'

const DOCUMENT = new URL('../docs/statechart.md', import.meta.url)

const isCheck = process.argv.includes('--check')
const { files, mermaid } = await drawAll(buildStatechart())

for (const [file, picture] of files) await keep(new URL(file, import.meta.url), `visualizations/${file}`, picture)
await keep(DOCUMENT, 'docs/statechart.md', inDocument(await readFile(DOCUMENT, 'utf8'), mermaid))

async function keep(path: URL, name: string, content: string): Promise<void> {
  const stored = await readFile(path, 'utf8').catch(() => '')
  if (stored === content) return
  if (!isCheck) return writeFile(path, content)
  console.error(`${name} is not up to date: run \`npm run pictures\` and commit it.`)
  process.exitCode = 1
}

/**
 * Draws the statechart from the machine itself, so that the pictures can't tell another story than the code.
 *
 * `node visualizations/generate.ts` writes them; with `--check` it fails where they are not up to date.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { Graphviz } from '@hpcc-js/wasm-graphviz'
import { buildStatechart } from '../src/statechart/machine.ts'
import { toDot } from './graph.ts'

const PICTURES = [
  { file: 'overview.svg', depth: 1 },
  { file: 'election.svg', depth: 9 },
]

const isCheck = process.argv.includes('--check')
const graphviz = await Graphviz.load()
const machine = buildStatechart()

for (const { file, depth } of PICTURES) {
  const path = new URL(file, import.meta.url)
  const picture = graphviz.dot(toDot(machine, { depth }), 'svg')
  if (!isCheck) {
    await writeFile(path, picture)
    continue
  }
  const stored = await readFile(path, 'utf8').catch(() => '')
  if (stored === picture) continue
  console.error(`visualizations/${file} is not up to date: run \`npm run pictures\` and commit it.`)
  process.exitCode = 1
}

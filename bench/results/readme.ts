/**
 * Writes what bench/results has into the README, docs/measured.md and its pictures; with `--check` it fails where they say
 * something else.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { OURS, REFERENCE } from '../peers/peer.ts'
import type { PeerResults } from '../peers/results.ts'
import { withBlock } from './blocks.ts'
import { CLAIMS, figureText, judgeClaim } from './claims.ts'
import { PICTURES, plot } from './plots.ts'
import type { Recorded } from './record.ts'
import { conditions, crossTable, fullTables, goalTable, markdownTable, prominentTable } from './tables.ts'

const ROOT = new URL('../../', import.meta.url)
const read = (path: string) => readFile(new URL(path, ROOT), 'utf8')

const results = async <Kind>(name: string): Promise<Kind> => JSON.parse(await read(`bench/results/${name}.json`))
const peers = await results<PeerResults>('peers')
const [profile, scale, soak] = await Promise.all(['profile', 'scale', 'soak'].map(results<Recorded<object>>))
const claims = CLAIMS.map((claim) => judgeClaim(peers, claim, [OURS, REFERENCE]))

/** By document, what stands in its blocks. */
const BLOCKS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'README.md': { peers: prominentTable(claims) },
  'docs/measured.md': {
    conditions: conditions(peers),
    goals: goalTable(claims),
    peers: fullTables(peers),
    profile: markdownTable(
      ['module', 'ms'],
      profile!.measurements.map(({ name, value }) => [name.slice(name.indexOf(': ') + 2), figureText(value)]),
    ),
    scale: crossTable(scale!),
    soak: crossTable(soak!),
  },
}

const files = new Map<string, string>()
for (const [path, blocks] of Object.entries(BLOCKS)) {
  const document = await read(path)
  files.set(
    path,
    Object.entries(blocks).reduce((text, [name, block]) => withBlock(text, name, block), document),
  )
}
for (const picture of PICTURES) files.set(`docs/${picture.file}`, plot(picture, peers, OURS))

for (const [path, text] of files) {
  if (!process.argv.includes('--check')) {
    await writeFile(new URL(path, ROOT), text)
    continue
  }
  if ((await read(path).catch(() => '')) === text) continue
  console.error(`${path} does not say what bench/results says: run \`npm run measured\` and commit it.`)
  process.exitCode = 1
}

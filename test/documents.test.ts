/** The documents lead where they say: links, the scripts that they name, the protocol's files and tests. */
import { access, readFile } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type Document, parse, readDocuments } from './support/documents.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const documents = await readDocuments()
const textOf = (path: string) => readFile(join(ROOT, path), 'utf8')
const exists = (path: string) =>
  access(join(ROOT, path)).then(
    () => true,
    () => false,
  )

test('every link within the repository leads to a file, and every anchor to a heading', async () => {
  expect(documents.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['CONTRIBUTING.md', 'README.md', 'SECURITY.md', 'docs/guide.md', 'docs/protocol.md']),
  )
  expect(await brokenLinks(documents)).toEqual([])
})

test('a link to a file that is not there, or to a heading that is not, is noticed', async () => {
  const text = '# Here\n\n[a](#here) [b](#there) [c](README.md#use) [d](docs/nowhere.md) [e](README.md#nowhere)\n'
  const broken = await brokenLinks([parse('here.md', text), ...documents])
  expect(broken.filter((each) => each.startsWith('here.md'))).toEqual([
    'here.md: #there',
    'here.md: docs/nowhere.md',
    'here.md: README.md#nowhere',
  ])
})

test('the README can be read in a few minutes, and leads to every other document', () => {
  const readme = documents.find(({ path }) => path === 'README.md')!
  expect(readme.lines).toBeLessThanOrEqual(150)
  const linked = readme.links.map((link) => link.split('#')[0])
  expect(linked).toEqual(
    expect.arrayContaining(documents.map(({ path }) => path).filter((path) => path !== 'README.md')),
  )
})

test('every script that a document names is one', async () => {
  const { scripts } = JSON.parse(await textOf('package.json')) as { scripts: Record<string, string> }
  for (const { path } of documents) {
    for (const [, name] of (await textOf(path)).matchAll(/npm run ([\w:]+)/g)) {
      expect(Object.keys(scripts), `${path} names it`).toContain(name)
    }
  }
})

test("each rule of the protocol names one file, whose head says the rule's number, and a test that there is", async () => {
  const rules = (await textOf('docs/protocol.md')).split(/^## /m).slice(1)
  expect(rules).toHaveLength(12)
  for (const [index, rule] of rules.entries()) {
    expect(rule).toMatch(new RegExp(`^${index + 1}\\. `))
    const file = /_Kept by_ \[([^\]]+)\]/.exec(rule)![1]!
    const head = (await textOf(join('src', file))).split('*/')[0]
    expect(head, `src/${file}`).toMatch(new RegExp(`[Rr]ules? (\\d+ and )?${index + 1}\\b`))
    const [, name, testFile] = /_Proved by_ `([^`]+)` in \[([^\]]+)\]/.exec(rule.replaceAll(/\s+/g, ' '))!
    const tests = await textOf(testFile!)
    expect(
      [`'${name}'`, `"${name}"`].some((quoted) => tests.includes(`(${quoted}`)),
      `${testFile}: ${name}`,
    ).toBe(true)
  }
})

test('every option and every event is documented, and nothing else is called one', async () => {
  const { LeaderElection } = await import('../src/index.ts')
  const told = (act: () => unknown) => {
    try {
      act()
    } catch (error) {
      return /expected one of (.*?)\./
        .exec((error as Error).message)![1]!
        .replaceAll('"', '')
        .split(', ')
        .sort()
    }
    throw new Error('it is refused')
  }
  const options = told(() => new LeaderElection('my-app', { nonsense: 1 } as object))
  expect(await firstColumn('docs/options.md')).toEqual(options)
  const events = told(() => new LeaderElection('my-app').on('nonsense' as 'leading', () => {}))
  expect(await firstColumn('docs/statechart.md', '## Events')).toEqual(events)
})

/** The names in the first column of the first table after a line. */
async function firstColumn(path: string, after = ''): Promise<string[]> {
  const rows = (await textOf(path))
    .split(after === '' ? /^/ : after)
    .at(-1)!
    .match(/^\| `.*$/gm)!
  return rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`(\w+)`/g)].map(([, name]) => name!)).sort()
}

/** Of files and headings: other sites are not asked. */
async function brokenLinks(among: readonly Document[]): Promise<string[]> {
  const broken: string[] = []
  for (const { path, links } of among) {
    for (const link of links.filter((each) => !/^[a-z]+:/.test(each))) {
      const [address = '', anchor] = link.split('#')
      const target = address === '' ? path : normalize(join(path, '..', address))
      const document = among.find((each) => each.path === target)
      const isThere = document
        ? anchor === undefined || document.anchors.has(anchor)
        : !anchor && (await exists(target))
      if (!isThere) broken.push(`${path}: ${link}`)
    }
  }
  return broken
}

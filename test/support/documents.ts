/** The documents: their headings, code blocks and links. */
import { glob, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const ROOT = new URL('../../', import.meta.url)

export interface Block {
  /** Where it is: `docs/guide.md: NestJS`; the second one of its language under a heading has ` (2)` behind it. */
  readonly place: string
  readonly language: string
  readonly code: string
}

export interface Document {
  /** From the root of the repository. */
  readonly path: string
  readonly lines: number
  readonly blocks: readonly Block[]
  /** As an address names them. */
  readonly anchors: ReadonlySet<string>
  readonly links: readonly string[]
}

export async function readDocuments(): Promise<Document[]> {
  const paths: string[] = []
  for await (const path of glob(['*.md', 'docs/*.md'], { cwd: fileURLToPath(ROOT) })) paths.push(path)
  return Promise.all(paths.sort().map(async (path) => parse(path, await readFile(new URL(path, ROOT), 'utf8'))))
}

const FENCE = /^```(\w*)$/

/** Exported for its test. */
export function parse(path: string, text: string): Document {
  const lines = text.trimEnd().split('\n')
  const blocks: Block[] = []
  const anchors = new Set<string>()
  const prose: string[] = []
  const count = new Map<string, number>()
  const times = (name: string) => {
    count.set(name, (count.get(name) ?? 0) + 1)
    return count.get(name)!
  }
  let heading = ''
  let open: { language: string; code: string[] } | undefined
  for (const line of lines) {
    const fence = FENCE.exec(line)
    if (open && fence) {
      const under = `${path}: ${heading}`
      const index = times(`${under}, ${open.language}`)
      blocks.push({
        place: index === 1 ? under : `${under} (${index})`,
        language: open.language,
        code: `${open.code.join('\n')}\n`,
      })
      open = undefined
    } else if (open) open.code.push(line)
    else if (fence) open = { language: fence[1]!, code: [] }
    else {
      prose.push(line)
      for (const [, id] of line.matchAll(/<a id="([^"]+)"><\/a>/g)) anchors.add(id!)
      const [, title] = /^#+ (.*)$/.exec(line) ?? []
      if (title === undefined) continue
      heading = title.replaceAll('`', '')
      const anchor = anchorOf(title)
      const index = times(`#${anchor}`)
      anchors.add(index === 1 ? anchor : `${anchor}-${index - 1}`)
    }
  }
  if (open) throw new Error(`${path}: a code block is not closed.`)
  const links = [...withoutCode(prose.join('\n')).matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm)]
  return { path, lines: lines.length, blocks, anchors, links: links.map(([, inline, below]) => (inline ?? below)!) }
}

/** As GitHub makes it. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

function withoutCode(prose: string): string {
  return prose.replaceAll(/`[^`\n]*`/g, '`')
}

/** Manifests as they are printed: YAML for people, with comments, or a List in JSON for programs. */
import { wrap } from '../arguments/help.ts'

export interface Manifest {
  /** Paragraphs above it. */
  readonly comment: readonly string[]
  readonly object: object
}

const WIDTH = 100

/** js-yaml is loaded here, and only where YAML is asked for. */
export async function yamlOf(manifests: readonly Manifest[]): Promise<string> {
  const { dump } = await import('js-yaml')
  return manifests
    .map(({ comment, object }) => `${comment.map(commented).join('')}${dump(object, { noRefs: true, lineWidth: -1 })}`)
    .join('---\n')
}

export function listOf(manifests: readonly Manifest[]): object {
  return { apiVersion: 'v1', kind: 'List', items: manifests.map(({ object }) => object) }
}

function commented(paragraph: string): string {
  return wrap(paragraph, WIDTH)
    .map((line) => `# ${line}\n`)
    .join('')
}

/** Objects as kubectl shows them: the `Table` that it asks for. */
import type { StoredObject } from './stored-object.ts'

export interface Column {
  readonly name: string
  readonly type: 'string'
  readonly format: string
  readonly description: string
  readonly priority: 0
}

export interface TablePrinter {
  readonly columns: readonly Column[]
  cells(object: StoredObject): string[]
}

const column = (name: string): Column => ({
  name,
  type: 'string',
  format: name === 'Name' ? 'name' : '',
  description: name,
  priority: 0,
})

export const printPlain: TablePrinter = {
  columns: [column('Name'), column('Age')],
  cells: ({ metadata }) => [metadata.name, age(metadata.creationTimestamp)],
}

export const printLease: TablePrinter = {
  columns: [column('Name'), column('Holder'), column('Age')],
  cells: ({ metadata, spec }) => [
    metadata.name,
    String((spec as { holderIdentity?: string } | undefined)?.holderIdentity ?? ''),
    age(metadata.creationTimestamp),
  ],
}

/** On a watch, only the first table of a stream defines the columns. */
export function tableOf(
  { columns, cells }: TablePrinter,
  objects: readonly StoredObject[],
  metadata: object,
  { withColumns = true }: { withColumns?: boolean } = {},
) {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: withColumns ? columns : [],
    rows: objects.map((object) => ({
      cells: cells(object),
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
    })),
  }
}

export function wantsTable(accept: string | undefined): boolean {
  return /;\s*as=Table\b/.test(accept ?? '')
}

function age(since: string | undefined): string {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(since ?? '')) / 1000))
  if (Number.isNaN(seconds)) return '<unknown>'
  return seconds < 120 ? `${seconds}s` : `${Math.round(seconds / 60)}m`
}

/** Prints what was looked at: once, at each change, or again and again in the same place. */
import { styleText } from 'node:util'
import { messageOf } from '../../errors.ts'
import { printFailure, printLine } from '../json-lines.ts'
import { shownMessage } from '../looking/lease-object.ts'
import { fingerprintOf, type LeaseState, type LeaseView, plainView } from './lease-view.ts'
import { Screen } from './screen.ts'
import { blockOf, type Line, tableOf } from './text.ts'

export interface Shape {
  /** A table of all, or a block for each. */
  readonly isTable: boolean
  readonly hasNamespaces: boolean
  readonly isWatching: boolean
}

export interface Output {
  show(views: readonly LeaseView[]): void
  /** What could not be looked at. */
  fail(error: unknown): void
  close(): void
}

export function createOutput(shape: Shape, { isJson }: { readonly isJson: boolean }): Output {
  if (isJson) return new ChangeOutput(printJson, printFailure)
  const { stdout } = process
  if (shape.isWatching && stdout.isTTY && process.env.TERM !== 'dumb') return new ScreenOutput(shape)
  let isFirst = true
  const print = (changed: readonly LeaseView[]) => {
    const lines = linesOf(changed, shape)
    // The heading of a table once; blocks apart from one another.
    const isHeaded = shape.isTable && !isFirst
    if (!shape.isTable && !isFirst) stdout.write('\n')
    isFirst = false
    for (const line of isHeaded ? lines.slice(1) : lines) stdout.write(`${styled(line.text, line)}\n`)
  }
  return new ChangeOutput(print, (error) => console.error(shownMessage(messageOf(error))))
}

/** Tells each change once; the first time everything is one. */
class ChangeOutput implements Output {
  readonly #print: (changed: readonly LeaseView[]) => void
  readonly #tell: (error: unknown) => void
  #told: ReadonlyMap<string, LeaseView> | undefined
  #failure: string | undefined

  constructor(print: (changed: readonly LeaseView[]) => void, tell: (error: unknown) => void) {
    this.#print = print
    this.#tell = tell
  }

  show(views: readonly LeaseView[]): void {
    this.#failure = undefined
    const told = this.#told
    const now = new Map(views.map((view) => [keyOf(view), view]))
    const gone = [...(told ?? [])].flatMap(([key, view]) => (now.has(key) || isAbsent(view) ? [] : [absent(view)]))
    const changed = [...views, ...gone].filter((view) => {
      const before = told?.get(keyOf(view))
      return before === undefined || fingerprintOf(before) !== fingerprintOf(view)
    })
    if (told === undefined || changed.length > 0) this.#print(changed)
    this.#told = now
  }

  fail(error: unknown): void {
    const message = messageOf(error)
    if (message !== this.#failure) this.#tell(error)
    this.#failure = message
  }

  close(): void {}
}

class ScreenOutput implements Output {
  readonly #shape: Shape
  readonly #screen = new Screen(process.stdout)
  #lines: readonly Line[] = []

  constructor(shape: Shape) {
    this.#shape = shape
  }

  show(views: readonly LeaseView[]): void {
    this.#lines = linesOf(views, this.#shape)
    this.#screen.draw(this.#lines, styled)
  }

  /** Beneath what was seen last. */
  fail(error: unknown): void {
    const text = `not now: ${shownMessage(messageOf(error))}`
    this.#screen.draw([...this.#lines, { text, of: undefined }], styled)
  }

  close(): void {
    this.#screen.close()
  }
}

const keyOf = ({ namespace, name }: LeaseView) => `${namespace}/${name}`
const isAbsent = ({ state }: LeaseView) => state === 'absent'
const absent = ({ name, namespace }: LeaseView): LeaseView => ({ name, namespace, state: 'absent', seen: undefined })

function linesOf(views: readonly LeaseView[], { isTable, hasNamespaces, isWatching }: Shape): Line[] {
  if (isTable) return tableOf(views, { hasNamespaces })
  const blank = { text: '', of: undefined }
  return views.flatMap((view, index) => [...(index === 0 ? [] : [blank]), ...blockOf(view, { isWatching })])
}

function printJson(views: readonly LeaseView[]): void {
  for (const view of views) printLine({ type: 'lease', ...plainView(view) })
}

const FORMATS: Readonly<Record<LeaseState, Parameters<typeof styleText>[0]>> = {
  held: 'reset',
  'expired?': 'yellow',
  expired: 'red',
  released: 'dim',
  absent: 'dim',
}

/** Knows of NO_COLOR, and whether it is a terminal. */
function styled(text: string, { of }: Line): string {
  return text === '' ? '' : styleText(of ? FORMATS[of.state] : 'bold', text, { stream: process.stdout })
}

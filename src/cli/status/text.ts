/** Leases as people read them: all of a namespace as a table, or each as a block of lines. */
import { isAskedToStepDown } from '../../lease/record.ts'
import { aligned } from '../aligned.ts'
import { age } from '../looking/ages.ts'
import { shown } from '../looking/lease-object.ts'
import { describePod } from '../looking/pod.ts'
import type { LeaseView, OwnerLook, Seen } from './lease-view.ts'

/** A line, and the view that it tells of; none for a heading. */
export interface Line {
  readonly text: string
  readonly of: LeaseView | undefined
}

export function tableOf(views: readonly LeaseView[], { hasNamespaces }: { readonly hasNamespaces: boolean }): Line[] {
  const headings = ['NAME', 'HOLDER', 'STATE', 'SINCE', 'RENEWED', 'DURATION', 'TRANSITIONS', 'WRITTEN BY']
  const rows = [headings, ...views.map(rowOf)]
  const all = hasNamespaces ? rows.map((row, index) => [views[index - 1]?.namespace ?? 'NAMESPACE', ...row]) : rows
  return aligned(all).map((text, index) => ({ text, of: views[index - 1] }))
}

function rowOf({ name, state, seen }: LeaseView): string[] {
  if (seen === undefined) return [name, '-', state, '-', '-', '-', '-', '-']
  const { record, writer, acquired, renewed } = seen
  return [
    name,
    record.holder === undefined ? '-' : shown(record.holder),
    state,
    record.holder === undefined ? '-' : ageOr(acquired, '-'),
    ageOr(renewed, '-'),
    ageOr(record.leaseDuration, '-'),
    String(record.transitions),
    writer === undefined ? '-' : shown(writer.manager),
  ]
}

/** @param isWatching whether it was looked at before, so that its being unchanged says something. */
export function blockOf(view: LeaseView, { isWatching }: { readonly isWatching: boolean }): Line[] {
  const { name, namespace, seen } = view
  const rows = seen ? rowsOf(view, seen, isWatching) : [['state', 'absent: the first candidate creates it'] as const]
  const widest = Math.max(...rows.map(([what]) => what.length))
  const lines = rows.map(([what, text]) => `  ${what.padEnd(widest)}  ${text}`)
  return [{ text: `${name} (namespace ${namespace})`, of: undefined }, ...lines.map((text) => ({ text, of: view }))]
}

type Row = readonly [what: string, text: string]

function rowsOf(view: LeaseView, seen: Seen, isWatching: boolean): Row[] {
  const { record, renewed, writer, owners } = seen
  const { holder, leaseDuration, transitions, strategy } = record
  const duration = leaseDuration === undefined ? 'it states no duration' : `lasts ${age(leaseDuration)}`
  const held: Row[] =
    holder === undefined
      ? [
          ['state', 'released: nobody holds it'],
          ['written', `${ago(renewed)}; ${transitions} transitions`],
        ]
      : [
          ['holder', shown(holder)],
          ['state', `${view.state}${stateWords(view, seen)}`],
          ['since', `${ago(seen.acquired)}; ${transitions} transitions`],
          ['renewed', `${ago(renewed)}; ${duration}`],
          ...(isWatching ? [['seen', unchangedWords(seen)] as const] : []),
          ['token', `at most ${record.resourceVersion}`],
        ]
  return [
    ...held,
    ...(isAskedToStepDown(record) ? [['asked', 'to step down: it has not given the Lease back yet'] as const] : []),
    ...(strategy === undefined ? [] : [['strategy', `${shown(strategy)}: Kubernetes decides who holds it`] as const]),
    ...owners.map((owner): Row => ['owner', ownerWords(owner)]),
    ['written by', writer === undefined ? 'not told' : `${shown(writer.manager)}, ${writtenAgo(writer.at)}`],
  ]
}

function stateWords({ state }: LeaseView, { record, renewed }: Seen): string {
  const left = (record.leaseDuration ?? Number.NaN) - (renewed ?? Number.NaN)
  if (state === 'expired?') return `: by its own times, ${age(-left)} ago; the holder's clock may be another one`
  if (state === 'expired') return ': not renewed for as long as it lasts, as seen from here; any candidate may take it'
  return Number.isNaN(left) ? '' : `, by its own times for ${age(left)} more`
}

function unchangedWords({ record, unchanged }: Seen): string {
  const left = (record.leaseDuration ?? Number.NaN) - unchanged
  const expiry = Number.isNaN(left) || left <= 0 ? '' : `; who has watched as long may take it in ${age(left)}`
  return `unchanged for ${age(unchanged)}${expiry}`
}

function ownerWords({ kind, name, look }: OwnerLook): string {
  return `${shown(kind)} ${shown(name)}${look ? ` ${shown(describePod(look))}` : ''}`
}

const ago = (milliseconds: number | undefined) =>
  milliseconds === undefined ? 'not told when' : `${age(milliseconds)} ago`
const writtenAgo = (at: number | undefined) => ago(at === undefined ? undefined : Date.now() - at)
const ageOr = (milliseconds: number | undefined, otherwise: string) =>
  milliseconds === undefined ? otherwise : age(milliseconds)

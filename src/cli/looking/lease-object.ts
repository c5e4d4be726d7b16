/** A Lease as the server tells it, with what an election does not look at: who wrote it, and since when there is one. */
import { type LeaseRecord, parseLease } from '../../lease/record.ts'
import { printable } from '../../telemetry/printable.ts'

export interface LeaseObject {
  readonly name: string
  readonly namespace: string
  readonly record: LeaseRecord
  /** Who wrote its spec last; undefined where the server does not tell. */
  readonly writer: Writer | undefined
}

/** An entry of `metadata.managedFields`. */
export interface Writer {
  /** The name under which a client writes: its own, or the first part of its User-Agent. */
  readonly manager: string
  /** Milliseconds since 1970, by the server's clock; undefined where it makes no sense. */
  readonly at: number | undefined
}

/** The name under which the elections of this library write. */
export const OWN_MANAGER = 'kubernetes-leader-election'

/** Characters of a name that are shown: Kubernetes takes no longer one. */
const LONGEST_NAME = 253

/** Characters of a message that are shown. */
const LONGEST_MESSAGE = 1_000

/** What a server or a library says, fit for a terminal. */
export const shownMessage = (message: string) => printable(message, LONGEST_MESSAGE)

/** A name that somebody else chose, fit for a terminal. */
export const shown = (name: string) => printable(name, LONGEST_NAME)

/** undefined for what is no stored Lease. */
export function leaseObjectOf(lease: unknown): LeaseObject | undefined {
  const record = parseLease(lease)
  if (record === undefined) return undefined
  const { name, namespace, managedFields } = (lease as { metadata: Record<string, unknown> }).metadata
  return { name: String(name), namespace: String(namespace), record, writer: writerOf(managedFields) }
}

/** Milliseconds since 1970, of a time as a Lease has it. */
export function timeOf(text: string | undefined): number | undefined {
  const time = Date.parse(text ?? '')
  return Number.isNaN(time) ? undefined : time
}

/** Of those that wrote a field of the spec, the one that did so last. */
function writerOf(managedFields: unknown): Writer | undefined {
  const entries = (Array.isArray(managedFields) ? managedFields : []) as readonly ManagedFields[]
  return entries
    .filter((entry) => typeof entry?.manager === 'string' && Object.hasOwn(entry.fieldsV1 ?? {}, 'f:spec'))
    .map(({ manager, time }) => ({ manager: manager!, at: timeOf(time) }))
    .sort((a, b) => (b.at ?? 0) - (a.at ?? 0))[0]
}

interface ManagedFields {
  readonly manager?: string
  readonly time?: string
  readonly fieldsV1?: object
}

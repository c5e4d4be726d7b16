/** Emitted events that can be written as JSON, though a fencing token is a bigint: inspectors and logs do so. */

/** The same event; in JSON its token is text. */
export function tokenEvent<const Event extends { readonly fencingToken: bigint }>(event: Event): Event {
  // Not enumerable, so that the event is equal to one without it, and can be spread and cloned.
  return Object.defineProperty(event, 'toJSON', { value: toJson })
}

function toJson(this: { readonly fencingToken: bigint }) {
  return { ...this, fencingToken: String(this.fencingToken) }
}

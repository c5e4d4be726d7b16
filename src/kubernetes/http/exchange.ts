/** What the transport sends and receives, whichever version of HTTP carries it. */
import type { Readable } from 'node:stream'

export interface HttpRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
  /** With the credentials. */
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body?: string | undefined
  /** Cancels the request, and its body as long as that is read: nothing else that the connection carries. */
  readonly signal: AbortSignal
  /** Called at the moment before it is sent; called again where it is sent once more. */
  readonly onSent: () => void
}

export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Ends with an error where the request was cancelled, or the connection broke. To be read to its end or destroyed. */
  readonly body: Readable
}

/** The server did not process the request, and said so, or was not asked at all: it can be sent again elsewhere. */
export class NotProcessedError extends Error {}

/** An attempt was given up for lack of an answer. */
export class NoAnswerError extends Error {
  /** Milliseconds since it was sent. */
  readonly waited: number
  constructor(message: string, waited: number) {
    super(message)
    this.waited = waited
  }
}

/** Headers as texts; HTTP/2's own, which begin with a colon, are left out. */
export function plainHeaders(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const plain: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) if (!name.startsWith(':')) plain[name] = String(value)
  return plain
}

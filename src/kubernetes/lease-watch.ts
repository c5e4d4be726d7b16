/**
 * A watch of Leases, read line by line.
 *
 * A hint, never a proof: it may be silent, late, cut off or forbidden. So it is opened without a resourceVersion, which
 * makes the server begin with the present state; it is given an end; and whatever is odd about it ends it with an error.
 */
import type { IncomingMessage } from 'node:http'
import type { Clock, Instant } from '../clock.ts'
import { type ApiRequest, TransientApiError } from '../errors.ts'
import { type LeaseRecord, parseLease } from '../lease.ts'
import { describe, errorForAnswer, errorForFailure } from './api-errors.ts'
import type { Connection } from './connection.ts'

export interface LeaseWatchListener {
  /** The stream stands: from now on changes will be told. What changed before has to be read. */
  opened(at: Instant): void
  changed(record: LeaseRecord, at: Instant): void
  deleted(uid: string, at: Instant): void
}

/** What a stream tells, of whichever Leases it covers. */
export interface StreamListener {
  opened(at: Instant): void
  changed(name: string, record: LeaseRecord, at: Instant): void
  deleted(name: string, uid: string, at: Instant): void
}

/** In place of a name: all Leases of the namespace. */
export const ALL = '*'

/** The server ends the stream after this; its cache would keep a forgotten one for up to an hour. */
const STREAM_SECONDS = 300
/** If it does not, we do. */
const OVERTIME = 15_000
/** A Lease is a few hundred bytes; managedFields of many writers make it some thousand. */
const LONGEST_LINE = 1_000_000

/**
 * Watches the Lease that the request names, or `ALL`. Resolves when the server ends the stream in order, rejects when
 * it breaks, is refused or tells of an error.
 */
export async function streamLeases(
  connection: Connection,
  request: ApiRequest,
  listener: StreamListener,
  signal: AbortSignal,
  clock: Clock,
): Promise<void> {
  const stream = new AbortController()
  const abort = () => stream.abort(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  const timer = clock.setTimeout(
    () => stream.abort(new Error(`the watch outlived its ${STREAM_SECONDS} s`)),
    STREAM_SECONDS * 1000 + OVERTIME,
  )
  try {
    const { status, response } = await connection.open({
      method: 'GET',
      path: pathOf(request),
      headers: { Accept: 'application/json' },
      signal: stream.signal,
    })
    if (status !== 200) {
      const body = await readAll(response)
      throw errorForAnswer(request, { status, headers: response.headers as Record<string, string>, body })
    }
    listener.opened(clock.now())
    for await (const line of lines(response, request)) tell(line, request, listener, clock)
  } catch (error) {
    // A connection that we cut says no more than that it was cut.
    throw errorForFailure(request, stream.signal.aborted ? stream.signal.reason : error)
  } finally {
    clock.clearTimeout(timer)
    signal.removeEventListener('abort', abort)
    stream.abort(new Error('the watch has ended'))
  }
}

function pathOf({ namespace, name }: ApiRequest): string {
  const query = new URLSearchParams({
    watch: 'true',
    ...(name !== ALL && { fieldSelector: `metadata.name=${name}` }),
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(STREAM_SECONDS),
  })
  return `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases?${query}`
}

function tell(line: string, request: ApiRequest, listener: StreamListener, clock: Clock): void {
  const { type, object } = JSON.parse(line) as { type?: unknown; object?: unknown }
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED': {
      const record = parseLease(object)
      const name = nameOf(object)
      if (!record || typeof name !== 'string') return
      if (type === 'DELETED') listener.deleted(name, record.uid, clock.now())
      else listener.changed(name, record, clock.now())
      return
    }
    case 'ERROR': {
      const code = (object as { code?: unknown })?.code
      throw errorForAnswer(request, { status: typeof code === 'number' ? code : 500, headers: {}, body: object })
    }
  }
}

/** The lines of a stream. A last line without its end was cut off: an error, since what it said is lost. */
async function* lines(response: IncomingMessage, request: ApiRequest): AsyncGenerator<string> {
  response.setEncoding('utf8')
  let rest = ''
  for await (const chunk of response) {
    rest += chunk
    const complete = rest.split('\n')
    rest = complete.pop()!
    if (rest.length > LONGEST_LINE) throw broken(request, `a line of over ${LONGEST_LINE} characters`)
    for (const line of complete) if (line.trim()) yield line
  }
  if (rest.trim()) throw broken(request, 'the stream was cut off within a line')
}

function broken(request: ApiRequest, what: string): TransientApiError {
  return new TransientApiError(`${describe(request)}: ${what}`, request)
}

async function readAll(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8')
  let text = ''
  for await (const chunk of response) text += chunk
  return text
}

function nameOf(object: unknown): unknown {
  return (object as { metadata?: { name?: unknown } })?.metadata?.name
}

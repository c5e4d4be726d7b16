/**
 * A watch of Leases, read line by line.
 *
 * A hint, never a proof: it may be silent, late, cut off or forbidden. So it is opened without a resourceVersion, which
 * makes the server begin with the present state; it is given an end; and whatever is odd about it ends it with an error.
 */
import type { Readable } from 'node:stream'
import { type ApiRequest, TransientApiError } from '../errors.ts'
import type { Clock } from '../lease/clock.ts'
import { parseLease } from '../lease/record.ts'
import type { ApiClient } from './api-client.ts'
import { describe, errorForAnswer, errorForFailure } from './api-errors.ts'
import { readError } from './http/body.ts'
import { requests } from './http/bounds.ts'
import { orAborted } from './http/or-aborted.ts'
import { leasesPath } from './lease-path.ts'
import { ALL, LongLineError, type StreamListener } from './lease-stream.ts'

/**
 * The server ends the stream after so many seconds: its cache would keep a forgotten one for up to an hour. Drawn for
 * each stream, so that those which were opened together do not come back together.
 */
const STREAM_SECONDS = { least: 300, most: 600 } as const
/** If it does not, we do, so many milliseconds later. */
const OVERTIME = 15_000
/** Milliseconds until a stream has to stand. */
const OPEN_PATIENCE = 30_000
/** Characters: more than any object that an API server stores. A Lease is a few hundred, or some thousand. */
const LONGEST_LINE = 8_000_000

/**
 * Watches the Lease that the request names, or `ALL`. Resolves when the server ends the stream in order, rejects when
 * it breaks, is refused or tells of an error.
 */
export async function streamLeases(
  client: ApiClient,
  request: ApiRequest,
  listener: StreamListener,
  signal: AbortSignal,
  clock: Clock,
): Promise<void> {
  const stream = new AbortController()
  const abort = () => stream.abort(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  const { least, most } = STREAM_SECONDS
  const seconds = least + Math.floor(Math.random() * (most - least + 1))
  let timer = clock.setTimeout(
    () => stream.abort(new Error(`the watch did not stand within ${OPEN_PATIENCE} ms`)),
    OPEN_PATIENCE,
  )
  try {
    const body = await open(client, request, seconds, stream.signal)
    clock.clearTimeout(timer)
    timer = clock.setTimeout(
      () => stream.abort(new Error(`the watch outlived its ${seconds} s`)),
      seconds * 1000 + OVERTIME,
    )
    await listener.opened(clock.now())
    for await (const line of lines(body, request)) await tell(line, request, listener, clock)
  } catch (error) {
    // A connection that we cut says no more than that it was cut.
    throw errorForFailure(request, stream.signal.aborted ? stream.signal.reason : error)
  } finally {
    clock.clearTimeout(timer)
    signal.removeEventListener('abort', abort)
    stream.abort(new Error('the watch has ended'))
  }
}

async function open(client: ApiClient, request: ApiRequest, seconds: number, signal: AbortSignal): Promise<Readable> {
  const opening = {}
  requests.publish({ request: opening, state: 'begins' })
  try {
    const path = pathOf(request, seconds)
    const { status, headers, body } = await orAborted(signal, () => client.open({ method: 'GET', path, signal }))
    if (status === 200) return body
    throw errorForAnswer(request, { status, headers, body: await readError(body) })
  } finally {
    requests.publish({ request: opening, state: 'ends' })
  }
}

function pathOf({ namespace, name }: ApiRequest, seconds: number): string {
  const query = new URLSearchParams({
    watch: 'true',
    ...(name !== ALL && { fieldSelector: `metadata.name=${name}` }),
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(seconds),
  })
  return `${leasesPath(namespace)}?${query}`
}

function tell(line: string, request: ApiRequest, listener: StreamListener, clock: Clock) {
  const { type, object } = JSON.parse(line) as { type?: unknown; object?: unknown }
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED': {
      const record = parseLease(object)
      const name = nameOf(object)
      if (!record || typeof name !== 'string') return
      if (type === 'DELETED') return listener.deleted(name, record.uid, clock.now())
      return listener.changed(name, record, clock.now())
    }
    case 'ERROR': {
      const code = (object as { code?: unknown })?.code
      throw errorForAnswer(request, { status: typeof code === 'number' ? code : 500, headers: {}, body: object })
    }
  }
}

/** The lines of a stream. A last line without its end was cut off: an error, since what it said is lost. */
async function* lines(response: Readable, request: ApiRequest): AsyncGenerator<string> {
  response.setEncoding('utf8')
  let rest = ''
  for await (const chunk of response as AsyncIterable<string>) {
    const [end, ...complete] = chunk.split('\n').reverse() as [string, ...string[]]
    const first = complete.pop()
    if (first !== undefined) {
      if ((rest + first).trim()) yield rest + first
      rest = ''
    }
    for (const line of complete.reverse()) if (line.trim()) yield line
    rest += end
    if (rest.length > LONGEST_LINE) {
      throw new LongLineError(`${describe(request)}: a line of over ${LONGEST_LINE} characters`, request)
    }
  }
  if (rest.trim()) {
    throw new TransientApiError(`${describe(request)}: the stream was cut off within a line`, request)
  }
}

function nameOf(object: unknown): unknown {
  return (object as { metadata?: { name?: unknown } })?.metadata?.name
}

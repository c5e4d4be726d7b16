/** Reading requests and writing answers. */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { badRequest, failure, notAcceptable, StatusError, tooLarge, unsupportedMediaType } from '../status.ts'
import { readJson, readYaml } from './json.ts'
import { PROTOBUF, prefersProtobuf, readProtobuf, writeProtobuf } from './protobuf.ts'

/** A request, as both versions of HTTP have it in common. */
export interface HttpRequest extends Readable {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly httpVersion: string
  readonly httpVersionMajor: number
  readonly aborted: boolean
  readonly socket: Pick<Socket, 'remoteAddress' | 'remotePort'>
}

/** Its answer. */
export interface HttpResponse {
  setHeader(name: string, value: string): unknown
  writeHead(status: number, headers: OutgoingHttpHeaders): unknown
  /** Of HTTP/1.1; HTTP/2 sends them at once. */
  flushHeaders?(): void
  write(chunk: string | Uint8Array): boolean
  end(chunk?: string | Uint8Array): unknown
  on(event: 'error', listener: () => void): unknown
  once(event: 'close', listener: () => void): unknown
}

/** As the API server's own limit for a request's body. */
const LARGEST_BODY = 3 * 1024 * 1024

/** @throws StatusError 413 for too large a body. */
export async function readBody(request: HttpRequest): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    // Read to its end all the same: the answer would get lost on a connection with unread data.
    if (size <= LARGEST_BODY) chunks.push(chunk)
  }
  // With HTTP/2 the body of a request that was given up just ends; half of it must not be taken for the whole.
  if (request.aborted) throw badRequest('the request was given up')
  if (size > LARGEST_BODY) throw tooLarge(LARGEST_BODY)
  return Buffer.concat(chunks)
}

const BODY_TYPES = ['application/json', 'application/yaml', PROTOBUF]

/**
 * A whole object, of this kind.
 *
 * @throws StatusError 415 for another type, 400 for what can't be read
 */
export function parseBody(bytes: Buffer, contentType: string | undefined, kind: string): unknown {
  if (contentType && !BODY_TYPES.includes(contentType)) throw unsupportedMediaType(BODY_TYPES)
  const isProtobuf = contentType === PROTOBUF
  const text = isProtobuf ? '' : bytes.toString()
  try {
    if (isProtobuf) return readProtobuf(bytes)
    return contentType === 'application/yaml' ? readYaml(text) : readJson(text)
  } catch (error) {
    const { message } = error as Error
    const problem = isProtobuf ? message : `couldn't get version/kind; json parse error: ${message}`
    throw badRequest(`the object provided is unrecognized (must be of type ${kind}): ${problem} (${summary(text)})`)
  }
}

const LONGEST_SUMMARY = 30

function summary(text: string): string {
  if (text === '') return '<empty>'
  const bytes = Buffer.from(text)
  const start = bytes.subarray(0, LONGEST_SUMMARY).toString(text.startsWith('{') ? 'utf8' : 'hex')
  return bytes.length > LONGEST_SUMMARY ? `${start} ...` : start
}

/** @throws StatusError 406 where the client accepts neither JSON, nor protobuf, nor anything at all. */
export function checkAcceptable(accept: string | undefined): void {
  const ranges = (accept ?? '').split(',').map((each) => each.split(';')[0]!.trim().toLowerCase())
  if (!accept?.trim() || ranges.some((each) => ['application/json', 'application/*', '*/*', PROTOBUF].includes(each)))
    return
  throw notAcceptable(['application/json', PROTOBUF])
}

export interface AnswerOptions {
  readonly retryAfter?: number | undefined
  readonly plainText?: boolean | undefined
  /** What the client would like: protobuf, where it prefers that, and the object has it. */
  readonly accept?: string | undefined
  readonly warnings?: readonly string[]
}

export function answer(
  response: HttpResponse,
  code: number,
  body: unknown,
  { retryAfter, plainText, accept, warnings = [] }: AnswerOptions = {},
): void {
  const isObject = typeof body === 'object' && body !== null
  const protobuf = isObject && prefersProtobuf(accept) ? writeProtobuf(body) : undefined
  response.writeHead(code, {
    'Content-Type': plainText ? 'text/plain; charset=utf-8' : protobuf ? PROTOBUF : 'application/json',
    ...(retryAfter !== undefined && { 'Retry-After': String(retryAfter) }),
    ...(warnings.length > 0 && { Warning: warnings.map((text) => `299 - ${JSON.stringify(text)}`) }),
  })
  if (protobuf) response.end(protobuf)
  else if (typeof body === 'string') response.end(body)
  else response.end(plainText ? (body as { message?: string }).message : JSON.stringify(body))
}

export function answerError(response: HttpResponse, error: unknown): number {
  const { body, retryAfter } = error instanceof StatusError ? error : internalError(error)
  answer(response, body.code, body, { retryAfter })
  return body.code
}

function internalError(error: unknown): StatusError {
  const message = `Internal error occurred: ${error instanceof Error ? error.message : error}`
  return new StatusError(failure(500, 'InternalError', message))
}

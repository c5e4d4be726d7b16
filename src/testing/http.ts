/** Reading requests and writing answers. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { loadYaml } from '@kubernetes/client-node'
import { badRequest, StatusError, tooLarge, unsupportedMediaType } from './status.ts'

/** As the API server's own limit for a request's body. */
const LARGEST_BODY = 3 * 1024 * 1024

/** @throws StatusError 413 for too large a body. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    // Read to its end all the same: the answer would get lost on a connection with unread data.
    if (size <= LARGEST_BODY) chunks.push(chunk)
  }
  if (size > LARGEST_BODY) throw tooLarge(LARGEST_BODY)
  return Buffer.concat(chunks).toString('utf8')
}

const BODY_TYPES = ['application/json', 'application/yaml']

/** @throws StatusError 415 for what is neither JSON nor YAML, such as protobuf; 400 for what can't be read. */
export function parseBody(text: string, contentType: string | undefined): unknown {
  if (contentType && !BODY_TYPES.includes(contentType)) throw unsupportedMediaType(contentType, BODY_TYPES)
  try {
    return contentType === 'application/yaml' ? loadYaml(text) : JSON.parse(text)
  } catch (error) {
    throw badRequest(`the body of the request can't be decoded: ${(error as Error).message}`)
  }
}

export function answer(
  response: ServerResponse,
  code: number,
  body: unknown,
  { retryAfter, plainText }: { retryAfter?: number | undefined; plainText?: boolean | undefined } = {},
): void {
  response.writeHead(code, {
    'Content-Type': plainText ? 'text/plain; charset=utf-8' : 'application/json',
    ...(retryAfter !== undefined && { 'Retry-After': String(retryAfter) }),
  })
  if (typeof body === 'string') response.end(body)
  else response.end(plainText ? (body as { message?: string }).message : JSON.stringify(body))
}

/** For what is not even HTTP: a Status all the same, and the end of the connection. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const isTooLong = error.code === 'HPE_HEADER_OVERFLOW'
  const [code, text] = isTooLong ? [431, 'Request Header Fields Too Large'] : [400, 'Bad Request']
  const body = JSON.stringify({ ...badRequest(error.message).body, code })
  const head = `HTTP/1.1 ${code} ${text}\r\nConnection: close\r\nContent-Type: application/json\r\n`
  socket.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}

export function answerError(response: ServerResponse, error: unknown): number {
  const { body, retryAfter } = error instanceof StatusError ? error : internalError(error)
  answer(response, body.code, body, { retryAfter })
  return body.code
}

function internalError(error: unknown): StatusError {
  const message = `Internal error occurred: ${error instanceof Error ? error.message : error}`
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason: 'InternalError',
    code: 500,
  })
}

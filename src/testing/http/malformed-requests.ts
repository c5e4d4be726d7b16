/** What is no HTTP request that a handler could be given: answered with a Status all the same. */
import type { Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { failure, type StatusBody } from '../status.ts'

export function answerMalformedRequests(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
    end(socket, statusOf(error))
  })
  // Node closes the connection without a word where nobody listens.
  server.on('connect', (_request: unknown, socket: Duplex) => {
    socket.on('error', () => {})
    end(socket, failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {}))
  })
}

function statusOf({ code }: NodeJS.ErrnoException): StatusBody {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return failure(431, 'RequestHeaderFieldsTooLarge', 'the headers of the request are too large')
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return failure(408, 'Timeout', 'the request did not arrive in time')
    default:
      return failure(400, 'BadRequest', 'malformed HTTP request')
  }
}

function end(socket: Duplex, status: StatusBody): void {
  const body = JSON.stringify(status)
  const head = [
    `HTTP/1.1 ${status.code} ${status.reason}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

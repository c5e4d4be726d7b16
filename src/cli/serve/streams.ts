/**
 * The clients that are told of each change: server-sent events, as of NAIS' sidecar.
 *
 * Guaranteed: nobody is waited for. A client that does not read is cut off once so much is unread, and one that has gone is
 * forgotten: a line that nobody needs is sent now and then, so that a broken connection is noticed.
 */
import type { ServerResponse } from 'node:http'
import type { Announcement, Announcer } from './announcement.ts'

/** Bytes that may be unread in this process, beyond what the system's buffers hold. */
const MOST_UNREAD = 64 * 1024
/** Milliseconds between two lines that only keep the connection. */
const KEEP_ALIVE = 15_000

export class Streams implements Disposable {
  readonly #announcer: Announcer
  readonly #clients = new Set<ServerResponse>()
  readonly #unsubscribe: () => void
  readonly #timer: NodeJS.Timeout

  constructor(announcer: Announcer) {
    this.#announcer = announcer
    this.#unsubscribe = announcer.onChange((announcement) => this.#tell(lineOf(announcement)))
    this.#timer = setInterval(() => this.#tell(':\n\n'), KEEP_ALIVE).unref()
  }

  get size(): number {
    return this.#clients.size
  }

  /** Begins to tell: the present state at once. */
  add(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
    response.write(lineOf(this.#announcer.now()))
    this.#clients.add(response)
    response.once('close', () => this.#clients.delete(response))
  }

  /** Ends all, in order. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#unsubscribe()
    for (const client of this.#clients) client.end()
  }

  #tell(line: string): void {
    for (const client of this.#clients) {
      if (client.writableLength > MOST_UNREAD) client.destroy()
      else client.write(line)
    }
  }
}

function lineOf(announcement: Announcement): string {
  return `data: ${JSON.stringify(announcement)}\n\n`
}

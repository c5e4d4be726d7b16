/** A page without a browser: reads the stream, and acts with the token that stands in the page. */
import { get, request } from 'node:http'
import { onTestFinished } from 'vitest'
import type { Action, Candidate } from '../../src/cli/demo/web/model/state.ts'
import { startCommand } from './command.ts'

export interface StreamMessage {
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface PageStream {
  /** All that came so far. */
  readonly messages: readonly StreamMessage[]
  /** Resolves with the first message, of those that came too, of which this is true. */
  first(matches: (message: StreamMessage) => unknown): Promise<StreamMessage>
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>
}

/** Opens the page's stream; it ends with the test. */
export async function openStream(url: string): Promise<PageStream> {
  const messages: StreamMessage[] = []
  const looking = new Set<() => void>()
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const client = get(`${url}events`, { agent: false }, (response) => {
    let text = ''
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      const parts = text.split('\n\n')
      text = parts.pop()!
      for (const part of parts.filter(Boolean)) {
        const [, type, data] = /^event: (\w+)\ndata: (.*)$/.exec(part)!
        messages.push({ type: type!, data: JSON.parse(data!) })
      }
      for (const look of [...looking]) look()
    })
    response.on('close', end)
  })
  client.on('error', () => end())
  onTestFinished(() => void client.destroy())
  const first = (matches: (message: StreamMessage) => unknown) =>
    new Promise<StreamMessage>((resolve, reject) => {
      const look = () => {
        const found = messages.find(matches)
        if (!found) return
        looking.delete(look)
        resolve(found)
      }
      looking.add(look)
      look()
      void ended.then(() => reject(new Error(`the stream ended before ${matches}`)))
    })
  await first(({ type }) => type === 'state')
  return { messages, first, ended }
}

/** Sends a request with exactly these headers beside the usual ones. */
export function ask(
  url: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }> {
  return new Promise((resolve, reject) => {
    const client = request(url, { method, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }))
    })
    client.on('error', reject)
    client.end(body)
  })
}

/** The headers with which the page itself acts. */
export async function headersOfPage(url: string): Promise<Record<string, string>> {
  const { text } = await ask(url)
  const [, token] = /<meta name="page-token" content="([^"]+)">/.exec(text)!
  return { origin: new URL(url).origin, 'content-type': 'application/json', 'x-page-token': token! }
}

/** The demo with its page, a stream of it, and what its buttons do. */
export async function startDemoPage() {
  const demo = startCommand(['demo', '--web'])
  // In order: a candidate that is paused would not notice that the demo was killed.
  onTestFinished(async () => {
    demo.process.kill('SIGTERM')
    await demo.exited
  })
  const line = await demo.line(/^The page: /)
  const url = line.slice('The page: '.length)
  const headers = await headersOfPage(url)
  const act = (action: Action) => ask(`${url}action`, { method: 'POST', headers, body: JSON.stringify(action) })
  return { demo, url, act, page: await openStream(url) }
}

/** Whether a message is about a candidate of which this is true. */
export function isCandidate(holds: (candidate: Candidate) => unknown) {
  return ({ type, data }: StreamMessage) => type === 'candidate' && holds(data as never)
}

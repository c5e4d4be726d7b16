/** The stream from the server, which the browser takes up again by itself; and actions, with the token of this page. */
import { correctTime } from './time.ts'

export interface Handlers {
  /** By type of message. The first one is `state`, also after an interruption: it is all that there is. */
  readonly on: Readonly<Record<string, (data: never) => void>>
  readonly onConnection: (isConnected: boolean) => void
}

export function connect({ on, onConnection }: Handlers): void {
  const stream = new EventSource('events')
  stream.addEventListener('open', () => onConnection(true))
  stream.addEventListener('error', () => onConnection(false))
  stream.addEventListener('time', ({ data }) => correctTime((JSON.parse(data) as { now: number }).now))
  for (const [type, handle] of Object.entries(on)) {
    stream.addEventListener(type, ({ data }) => handle(JSON.parse(data) as never))
  }
}

/** Resolves with why it can't be done; undefined where it was. */
export async function act(action: object): Promise<string | undefined> {
  const token = document.querySelector<HTMLMetaElement>('meta[name=page-token]')!.content
  try {
    const response = await fetch('action', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-page-token': token },
      body: JSON.stringify(action),
    })
    return response.ok ? undefined : await response.text()
  } catch {
    return 'the server does not answer: it may have ended.'
  }
}

/** Sidecars as processes of their own, and the applications beside them: as they are written for the older sidecars. */
import http from 'node:http'
import { onTestFinished } from 'vitest'
import type { LeaseServer } from '../../src/testing/index.ts'
import { type CommandProcess, startCommand } from './command.ts'
import { podEnvironment } from './environment.ts'

/** Milliseconds; leases last whole seconds. */
export const [INTERVAL, RENEW_DEADLINE, LEASE_DURATION] = [150, 700, 1_000]
const TIMING = [
  '--interval',
  `${INTERVAL}ms`,
  '--renew-deadline',
  `${RENEW_DEADLINE}ms`,
  '--lease-duration',
  `${LEASE_DURATION}ms`,
]

export interface Told {
  readonly name: string
  readonly last_update: string
}

export interface SidecarProcess extends CommandProcess {
  readonly url: string
  /** As `manifests` gives them to the application. */
  readonly env: {
    readonly ELECTOR_PATH: string
    readonly ELECTOR_GET_URL: string
    readonly ELECTOR_SSE_URL: string
  }
}

/** In a pod of this name, on a free port; resolves once it listens. */
export async function startSidecar(
  server: LeaseServer,
  pod: string,
  flags: readonly string[] = [],
): Promise<SidecarProcess> {
  const { env, cleanUp } = await podEnvironment(server, pod, 'my-app')
  onTestFinished(cleanUp)
  const command = startCommand(['serve', '--http', '127.0.0.1:0', ...TIMING, ...flags], env)
  const [url] = /http:\/\/[\d.:]+/.exec(await command.line(/listening/))!
  const elector = {
    ELECTOR_PATH: url.replace('http://', ''),
    ELECTOR_GET_URL: `${url}/`,
    ELECTOR_SSE_URL: `${url}/sse`,
  }
  return { ...command, url, env: elector }
}

/** An application on NAIS that asks: who is the leader now? */
export async function pollAsOnNais(env: SidecarProcess['env']): Promise<Told> {
  const response = await fetch(env.ELECTOR_GET_URL)
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`)
  return (await response.json()) as Told
}

/** An application on NAIS that is told: what came so far, until the stream ends. */
export class Subscription {
  readonly told: Told[] = []
  /** Resolves when the stream has ended; rejects where it broke. */
  readonly ended: Promise<void>
  readonly #waiting = new Set<() => void>()
  readonly #abort = new AbortController()

  constructor(env: Pick<SidecarProcess['env'], 'ELECTOR_SSE_URL'>) {
    this.ended = this.#read(env.ELECTOR_SSE_URL)
    this.ended.catch(() => {})
  }

  /** Resolves with what was told when the condition holds of the latest; rejects when the stream ends before. */
  until(condition: (latest: Told) => boolean): Promise<readonly Told[]> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const latest = this.told.at(-1)
        if (!latest || !condition(latest)) return
        this.#waiting.delete(look)
        resolve(this.told)
      }
      this.#waiting.add(look)
      look()
      this.ended.finally(() => reject(new Error(`ended after ${JSON.stringify(this.told)}`))).catch(() => {})
    })
  }

  close(): void {
    this.#abort.abort()
  }

  async #read(url: string): Promise<void> {
    const response = await fetch(url, { headers: { Accept: 'text/event-stream' }, signal: this.#abort.signal })
    let rest = ''
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      const events = (rest + text).split('\n\n')
      rest = events.pop()!
      for (const event of events.filter((each) => each.startsWith('data: '))) {
        this.told.push(JSON.parse(event.slice('data: '.length)))
        for (const look of [...this.#waiting]) look()
      }
    }
  }
}

/** An application beside the older leader-elector: it knows host and port, and compares the name with its own. */
export function amILeader(env: SidecarProcess['env'], hostname: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const request = http.get(`http://${env.ELECTOR_PATH}`, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve(JSON.parse(text).name === hostname))
    })
    request.on('error', reject)
  })
}

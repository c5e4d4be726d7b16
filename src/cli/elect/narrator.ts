/**
 * Tells an election's events to people, a line each, on the standard error.
 *
 * What makes requests fail makes the watch fail as well. It is told once, with the request, which also says when it is
 * tried again: so what the watch says is held back for a moment in which a request may say it.
 */

import { isRefusal, messageOf } from '../../errors.ts'
import type { ElectionEmitted } from '../../statechart/types.ts'
import { type Described, type Log, logEvent } from '../../telemetry/log.ts'
import { withoutOptions } from '../wording.ts'

/** Milliseconds for which a failure of the watch is held back. */
const MOMENT = 1_000

type WatchInterrupted = Extract<ElectionEmitted, { type: 'watchInterrupted' }>

export class Narrator {
  readonly #described: Described
  readonly #log: Log
  #held: { readonly event: WatchInterrupted; readonly timer: NodeJS.Timeout } | undefined
  /** Of the last failed request. */
  #cause: string | undefined

  constructor(described: Described, log: Log = timestamped) {
    this.#described = described
    this.#log = log
  }

  tell(event: ElectionEmitted): void {
    switch (event.type) {
      case 'watchInterrupted':
        if (event.error === undefined || causeOf(event.error) !== this.#cause) this.#hold(event)
        return
      case 'retrying':
        this.#cause = causeOf(event.error)
        if (this.#held && !saysMore(this.#held.event.error, this.#cause)) this.#drop()
        break
      case 'failed':
      case 'lost':
      case 'released':
        this.#drop()
    }
    logEvent(this.#log, event, this.#described)
  }

  /** For what is no event. */
  warn(sentence: string): void {
    this.#log.warn(`${this.#described.leaseName}: ${sentence}`)
  }

  /** The same, where nothing is wrong. */
  inform(sentence: string): void {
    this.#log.info(`${this.#described.leaseName}: ${sentence}`)
  }

  #hold(event: WatchInterrupted): void {
    this.#drop()
    const timer = setTimeout(() => {
      this.#held = undefined
      logEvent(this.#log, event, this.#described)
    }, MOMENT).unref()
    this.#held = { event, timer }
  }

  #drop(): void {
    clearTimeout(this.#held?.timer)
    this.#held = undefined
  }
}

/** A refusal names a rule to add: for the watch it is another one. */
function saysMore(error: unknown, cause: string): boolean {
  return isRefusal(error) && causeOf(error) !== cause
}

/** Without the request: `get lease default/my-app: connect ECONNREFUSED` and the watch's have the same one. */
function causeOf(error: unknown): string {
  return messageOf(error).replace(/^[a-z]+ lease \S+: /, '')
}

export function say(message: string): void {
  console.error(`${new Date().toISOString()} ${withoutOptions(message)}`)
}

export const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const timestamped: Log = { ...silent, info: say, warn: say, error: say }
/** For who is told too much otherwise. */
export const warnings: Log = { ...silent, warn: say, error: say }

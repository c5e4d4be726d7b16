/** The times that a candidate lives by: its next renewal, its deadline, and when others may take the Lease. */
import type { Timer } from '../../../../viewer/model/inspected.ts'
import { element, setAttribute, setText } from '../../../../viewer/page/dom.ts'
import { seconds, serverNow } from '../../../../viewer/page/time.ts'

/** Of the preset client-go, in milliseconds. */
const RENEW_INTERVAL = 2_000
const RENEW_DEADLINE = 10_000
const LEASE_DURATION = 15_000

interface Countdown {
  readonly label: string
  /** Milliseconds since 1970; undefined where nothing is counted. */
  readonly dueAt: number | undefined
  readonly whole: number
  /** When it is over. */
  readonly over: string
}

class Row {
  readonly element: HTMLElement
  readonly #label = element('dt')
  readonly #value = element('span')
  readonly #bar = element('span', { class: 'meter' })

  constructor() {
    const value = element('dd', {}, this.#value, this.#bar)
    this.element = element('div', { class: 'countdown' }, this.#label, value)
  }

  show({ label, dueAt, whole, over }: Countdown): void {
    const left = dueAt === undefined ? undefined : dueAt - serverNow()
    setText(this.#label, label)
    setText(this.#value, left === undefined ? '–' : left > 0 ? seconds(left) : over)
    this.#bar.style.setProperty('--left', `${Math.round((100 * Math.min(whole, Math.max(0, left ?? 0))) / whole)}%`)
    setAttribute(this.element, 'data-over', left !== undefined && left <= 0)
  }
}

export class Countdowns {
  readonly #rows = [new Row(), new Row(), new Row()] as const
  readonly element = element('dl', { class: 'countdowns' }, ...this.#rows.map((row) => row.element))

  /** @param timers what the statechart waits for: in a term also for its end. */
  show(timers: readonly Timer[]): void {
    const due = (event: string) => timers.find((timer) => timer.event === `after ${event}`)?.dueAt
    const deadline = due('termValidity')
    const isLeading = deadline !== undefined
    const retry = timers.find(({ event }) => /^after retry\d+$/.test(event))?.dueAt
    const look = isLeading ? due('renewInterval') : due('pollInterval')
    const expiry = !isLeading ? due('leaseExpiry') : deadline + LEASE_DURATION - RENEW_DEADLINE
    const next = retry !== undefined ? 'Next attempt' : isLeading ? 'Next renewal' : 'Next look'
    const whole = isLeading ? RENEW_INTERVAL : LEASE_DURATION
    this.#rows[0].show({ label: next, dueAt: retry ?? look, whole, over: 'due' })
    this.#rows[1].show({ label: 'Deadline', dueAt: deadline, whole: RENEW_DEADLINE, over: 'over' })
    this.#rows[2].show({ label: 'Lease expiry', dueAt: expiry, whole: LEASE_DURATION, over: 'expired' })
  }
}

/** The buttons of a candidate. They stay where they are; what can't be done now is disabled. */
import { button, element } from '../../../../viewer/page/dom.ts'
import type { Action, Candidate, CutOff } from '../model/state.ts'

const HOUR = 3_600_000

const NETWORK: Readonly<Record<CutOff, string>> = {
  none: 'connected',
  requests: 'cut off: requests are lost',
  answers: 'cut off: answers are lost',
  both: 'cut off: both ways',
}

export type Do = (action: Action) => void

export class Controls {
  readonly element: HTMLElement
  readonly #buttons: Readonly<Record<'stop' | 'kill' | 'pause' | 'restart' | 'deletePod', HTMLButtonElement>>
  readonly #clock: readonly HTMLButtonElement[]
  readonly #network: HTMLSelectElement
  #candidate: Candidate

  constructor(candidate: Candidate, perform: Do) {
    this.#candidate = candidate
    const target = candidate.pod
    const of = (text: string) => ({ 'aria-label': `${text} ${target}` })
    const simple = (text: string, action: 'stop' | 'kill' | 'restart' | 'deletePod', title: string) =>
      button(text, () => perform({ action, target }), { title, ...of(text) })
    const step = (text: string, by: number) =>
      button(text, () => perform({ action: 'stepClock', target, by }), {
        title: 'Sets the wall clock of this process; the monotonic one goes on',
        'aria-label': `Set the wall clock of ${target} ${by > 0 ? 'forward' : 'back'} by an hour`,
      })
    this.#buttons = {
      stop: simple('Stop', 'stop', 'SIGTERM: it gives the Lease back and ends'),
      kill: simple('Kill', 'kill', 'SIGKILL: the Lease has to expire'),
      pause: button('Pause', () => perform({ action: this.#candidate.isPaused ? 'resume' : 'pause', target }), {
        title: 'SIGSTOP, and SIGCONT: it neither renews nor notices',
        class: 'pause',
      }),
      restart: simple('Restart', 'restart', 'A new process in the same pod, as the kubelet starts one'),
      deletePod: simple('Delete pod', 'deletePod', 'The Lease, which the pod owns, goes with it'),
    }
    this.#network = element('select', of('Connection of'))
    for (const [value, text] of Object.entries(NETWORK)) this.#network.append(element('option', { value }, text))
    this.#network.addEventListener('change', () =>
      perform({ action: 'cutOff', target, lost: this.#network.value as CutOff }),
    )
    this.#clock = [step('−1 h', -HOUR), step('+1 h', HOUR)]
    const clock = element('span', { class: 'pair', role: 'group', 'aria-label': `Wall clock of ${target}` })
    clock.append(element('span', { class: 'label', 'aria-hidden': 'true' }, 'Clock'), ...this.#clock)
    this.element = element('div', { class: 'controls' })
    this.element.append(
      element('div', { class: 'buttons' }, ...Object.values(this.#buttons)),
      element('div', { class: 'buttons' }, this.#network, clock),
    )
    this.show(candidate)
  }

  show(candidate: Candidate): void {
    this.#candidate = candidate
    const { pod, isPaused, isPodDeleted, ended, cutOff } = candidate
    const isGone = ended !== undefined || isPodDeleted
    const { stop, kill, pause, restart, deletePod } = this.#buttons
    stop.disabled = isGone || isPaused
    kill.disabled = isGone
    pause.disabled = isGone
    deletePod.disabled = isPodDeleted
    restart.disabled = ended === undefined || isPodDeleted
    for (const each of [...this.#clock, this.#network]) each.disabled = isGone
    const pausing = isPaused ? 'Resume' : 'Pause'
    if (pause.textContent !== pausing) pause.textContent = pausing
    pause.setAttribute('aria-label', `${pausing} ${pod}`)
    if (this.#network.value !== cutOff) this.#network.value = cutOff
  }
}

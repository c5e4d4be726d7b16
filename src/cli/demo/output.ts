/**
 * Lines with the time since the start. On a terminal also a lane for each candidate before every event, and beneath all
 * a line that says who leads and since when, or for how long nobody has. Colours only there, and not with NO_COLOR.
 */
import { styleText } from 'node:util'
import type { LaneState, Lanes } from './lanes.ts'

export interface Output {
  /** A line with the time since the start. */
  event(text: string): void
  heading(text: string): void
  plain(text?: string): void
  /** From now on, on a terminal. */
  showLanes(lanes: () => Lanes): void
  /** Takes the last line away, until `resume`. */
  pause(): void
  resume(): void
  close(): void
}

/** Milliseconds. */
const REDRAW = 100
const CLEAR_LINE = '\r\x1b[K'

type Format = Parameters<typeof styleText>[0]
const LANES: Record<LaneState, { readonly symbol: string; readonly format: Format }> = {
  leads: { symbol: '●', format: ['green', 'bold'] },
  follows: { symbol: '○', format: 'cyan' },
  starts: { symbol: '·', format: 'dim' },
  paused: { symbol: '‖', format: 'yellow' },
  gone: { symbol: '✕', format: 'red' },
}

export function createOutput(stdout: NodeJS.WriteStream = process.stdout): Output {
  return stdout.isTTY && process.env.TERM !== 'dumb' ? new TerminalOutput(stdout) : new PlainOutput(stdout)
}

class PlainOutput implements Output {
  protected readonly stdout: NodeJS.WriteStream
  readonly #startedAt = performance.now()

  constructor(stdout: NodeJS.WriteStream) {
    this.stdout = stdout
  }

  event(text: string): void {
    this.write(`${this.style('dim', this.time)}  ${text}`)
  }

  heading(text: string): void {
    this.write(`\n${this.style('bold', text)}`)
  }

  plain(text = ''): void {
    this.write(text)
  }

  showLanes(_lanes: () => Lanes): void {}
  pause(): void {}
  resume(): void {}
  close(): void {}

  protected get time(): string {
    return `${((performance.now() - this.#startedAt) / 1000).toFixed(2).padStart(6)} s`
  }

  /** Knows of NO_COLOR, and whether it is a terminal. */
  protected style(format: Format, text: string): string {
    return styleText(format, text, { stream: this.stdout })
  }

  protected write(line: string): void {
    this.stdout.write(`${line}\n`)
  }
}

class TerminalOutput extends PlainOutput {
  #lanes: (() => Lanes) | undefined
  #timer: NodeJS.Timeout | undefined

  override event(text: string): void {
    this.write(`${this.style('dim', this.time)}  ${this.#symbols()}  ${text}`)
  }

  override showLanes(lanes: () => Lanes): void {
    this.#lanes = lanes
    this.resume()
  }

  override pause(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.stdout.write(CLEAR_LINE)
  }

  override resume(): void {
    this.#timer ??= setInterval(() => this.#redraw(), REDRAW)
  }

  override close(): void {
    this.pause()
  }

  protected override write(line: string): void {
    this.stdout.write(this.#timer ? CLEAR_LINE : '')
    super.write(line)
    if (this.#timer) this.#redraw()
  }

  #redraw(): void {
    this.stdout.write(`${CLEAR_LINE}${this.style('dim', this.time)}  ${this.#symbols()}  ${this.#reign()}`)
  }

  #symbols(): string {
    const states = this.#lanes?.().states ?? []
    return states.map((state) => this.style(LANES[state].format, LANES[state].symbol)).join(' ')
  }

  #reign(): string {
    const { leader, vacantSince, states = [] } = this.#lanes?.() ?? {}
    const now = performance.timeOrigin + performance.now()
    const since = (at: number) => `${Math.max(0, (now - at) / 1000).toFixed(1)} s`
    if (leader) return `${this.style('green', leader.pod)} has led for ${since(leader.since)}`
    if (vacantSince !== undefined) return this.style('red', `nobody has led for ${since(vacantSince)}`)
    return states.length === 0 ? '' : 'nobody has led yet'
  }
}

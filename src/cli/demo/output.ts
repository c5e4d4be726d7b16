/** Lines with the time since the start; colours only on a terminal. */
import { styleText } from 'node:util'

export interface Output {
  /** A line with the time since the start. */
  event(text: string): void
  heading(text: string): void
  plain(text?: string): void
}

export function createOutput(): Output {
  const startedAt = performance.now()
  const style = (format: 'bold' | 'dim', text: string) => (process.stdout.isTTY ? styleText(format, text) : text)
  return {
    event: (text) => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(2).padStart(6)
      console.log(`${style('dim', `${seconds} s`)}  ${text}`)
    },
    heading: (text) => console.log(`\n${style('bold', text)}`),
    plain: (text = '') => console.log(text),
  }
}

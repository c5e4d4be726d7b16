/** Lines that are drawn again in their place, on a terminal of whatever size. */

const [WRAP_OFF, WRAP_ON] = ['\x1b[?7l', '\x1b[?7h']
const [END_OF_LINE, END_OF_SCREEN, ALL] = ['\x1b[K', '\x1b[J', '\x1b[H\x1b[2J']

export class Screen {
  readonly #stdout: NodeJS.WriteStream
  #drawn = 0
  /** Of a terminal whose size has changed nobody knows where the lines are. */
  #isLost = false

  constructor(stdout: NodeJS.WriteStream) {
    this.#stdout = stdout
    stdout.on('resize', this.#lose)
  }

  /** @param style is given what fits into the terminal, and adds no width. */
  draw<Kept extends { readonly text: string }>(
    lines: readonly Kept[],
    style: (text: string, line: Kept) => string,
  ): void {
    // 0 where a terminal does not tell its size.
    const { columns, rows } = { columns: this.#stdout.columns || 80, rows: this.#stdout.rows || 24 }
    const fitting = lines.slice(0, Math.max(1, rows - 1))
    const more = lines.length - fitting.length
    const texts = fitting.map((line) => style([...line.text].slice(0, columns).join(''), line))
    if (more > 0) texts.splice(-1, 1, `… and ${more + 1} more lines`.slice(0, columns))
    const home = this.#isLost ? ALL : this.#drawn > 0 ? `\x1b[${this.#drawn}A\r` : ''
    // A wide character may stand beyond the edge, and must not make it two lines.
    this.#stdout.write(
      `${WRAP_OFF}${home}${texts.map((text) => `${text}${END_OF_LINE}\n`).join('')}${END_OF_SCREEN}${WRAP_ON}`,
    )
    this.#drawn = texts.length
    this.#isLost = false
  }

  /** What was drawn last stays. */
  close(): void {
    this.#stdout.off('resize', this.#lose)
  }

  #lose = () => {
    this.#isLost = true
  }
}

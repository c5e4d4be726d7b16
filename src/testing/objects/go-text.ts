/** How Go writes values and reads times: parts of the API server's messages. */
import { isObject } from './fields.ts'

/** As `%v` formats what came from JSON: `map[a:1 b:[x y]]`. */
export function goFormat(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goFormat).join(' ')}]`
  if (isObject(value)) {
    const entries = Object.keys(value).sort()
    return `map[${entries.map((name) => `${name}:${goFormat(value[name])}`).join(' ')}]`
  }
  return value === null || value === undefined ? '<nil>' : String(value)
}

/** What JSON calls a value in the errors of Go's decoder. */
export function jsonType(value: unknown): string {
  return Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value === 'boolean' ? 'bool' : typeof value
}

/** With a fraction of six digits, as MicroTime demands it, or with any or none. */
export type TimeFormat = 'microTime' | 'time'

const LAYOUTS = { time: '2006-01-02T15:04:05Z07:00', microTime: '2006-01-02T15:04:05.000000Z07:00' } as const

type Element = readonly [layout: string, form: RegExp, range?: readonly [name: string, least: number, most: number]]

const DATE_AND_TIME: readonly Element[] = [
  ['2006', /^\d{4}/],
  ['-', /^-/],
  ['01', /^\d\d/, ['month', 1, 12]],
  ['-', /^-/],
  ['02', /^\d\d/, ['day', 1, 31]],
  ['T', /^T/],
  ['15', /^\d\d/, ['hour', 0, 23]],
  [':', /^:/],
  ['04', /^\d\d/, ['minute', 0, 59]],
  [':', /^:/],
  ['05', /^\d\d/, ['second', 0, 59]],
]
const ELEMENTS: Record<TimeFormat, readonly Element[]> = {
  time: [...DATE_AND_TIME, ['', /^([.,]\d+)?/], ['Z07:00', /^(Z|[+-]\d\d:\d\d)/]],
  microTime: [...DATE_AND_TIME, ['.000000', /^\.\d{6}/], ['Z07:00', /^(Z|[+-]\d\d:\d\d)/]],
}

/**
 * The time in UTC, as the API server writes it.
 *
 * @throws SyntaxError with the message of Go's `time.Parse`
 */
export function parseTime(text: string, format: TimeFormat): string {
  const quoted = `parsing time ${JSON.stringify(text)}`
  const found: string[] = []
  let rest = text
  for (const [layout, form, range] of ELEMENTS[format]) {
    const part = form.exec(rest)?.[0]
    if (part === undefined) {
      const missing = `cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(layout)}`
      throw new SyntaxError(`${quoted} as ${JSON.stringify(LAYOUTS[format])}: ${missing}`)
    }
    if (range && (Number(part) < range[1] || Number(part) > range[2])) {
      throw new SyntaxError(`${quoted}: ${range[0]} out of range`)
    }
    found.push(part)
    rest = rest.slice(part.length)
  }
  if (rest) throw new SyntaxError(`${quoted}: extra text: ${JSON.stringify(rest)}`)
  const local = found.slice(0, 11).join('')
  const [fraction = '', zone = 'Z'] = found.slice(11)
  // Date is lenient about the 31st of short months; a time that does not come back as it went in is none.
  if (!new Date(`${local}Z`).toISOString().startsWith(local)) throw new SyntaxError(`${quoted}: day out of range`)
  const date = new Date(`${local}${zone}`)
  if (Number.isNaN(date.getTime())) throw new SyntaxError(`${quoted}: time zone offset hour out of range`)
  return `${date.toISOString().slice(0, 19)}${format === 'microTime' ? fraction : ''}Z`
}

/** What Go says of text that should be an unsigned number. */
export function notANumber(text: string): string {
  return `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`
}

/** Transitions as text: by event, and behind each in brackets what must hold. */
import type { Transition } from './chart.ts'
import { type Line, lineWidth, type Span, wrap } from './text.ts'

/** For an arrow: each event on a line of its own, its conditions behind or below it. */
export function arrowLabel(transitions: readonly Transition[], width: number): Line[] {
  const events = byEvent(transitions)
  const isMixed = events.some(([event]) => event !== '')
  return events.flatMap(([given, branches]) => {
    const conditions = branches.flatMap(conditionOf)
    // Else its conditions would seem to be those of the event above.
    const event = given === '' && isMixed ? 'always' : given
    if (event === '') return conditions.flatMap((each) => wrap([each], width))
    const name: Span = { text: event, style: 'event' }
    if (conditions.length < 2) return wrap([name, ...conditions], width)
    return [...wrap([name], width), ...conditions.flatMap((each) => wrap([each], width))]
  })
}

/** For a box: one line for each event, wrapped. */
export function listed(transitions: readonly Transition[], width: number): Line[] {
  return byEvent(transitions).flatMap(([event, branches]) => wrap(withConditions(event, branches), width))
}

/** For a wide box: one event after the other, each with its conditions on the same line. */
export function flowing(transitions: readonly Transition[], width: number): Line[] {
  const events = byEvent(transitions).map(([event, branches]) => withConditions(event, branches))
  const lines: Span[][] = []
  for (const [index, spans] of events.entries()) {
    const event = index === events.length - 1 ? spans : [...spans.slice(0, -1), withComma(spans.at(-1)!)]
    const last = lines.at(-1)
    if (last && lineWidth([...last, ...event]) <= width) last.push(...event)
    else lines.push(...wrap(event, width).map((line) => [...line]))
  }
  return lines
}

function withConditions(event: string, branches: readonly Transition[]): Span[] {
  return [...(event === '' ? [] : [{ text: event, style: 'event' } as const]), ...branches.flatMap(conditionOf)]
}

/** Events alone, without their conditions; what is taken at once is told by its conditions. */
export function shortLabel(transitions: readonly Transition[], width: number): Line[] {
  return wrap(separated(shortSpans(transitions)), width)
}

function shortSpans(transitions: readonly Transition[]): Span[] {
  const spans = transitions.flatMap((each): Span[] =>
    each.event === '' ? conditionOf(each) : [{ text: each.event, style: 'event' }],
  )
  return spans.filter(({ text }, index) => spans.findIndex((each) => each.text === text) === index)
}

function withComma(span: Span): Span {
  return { ...span, text: `${span.text},` }
}

/** In one line, without styles. */
export function plainLabel(transitions: readonly Transition[]): string {
  return byEvent(transitions)
    .map(([event, branches]) => textOf(withConditions(event, branches)))
    .join(', ')
}

/** As `shortLabel`, in one line, without styles. */
export function plainShortLabel(transitions: readonly Transition[]): string {
  return textOf(separated(shortSpans(transitions)))
}

function textOf(line: Line): string {
  return line.map(({ text }) => text).join(' ')
}

/** With commas between them. */
export function separated(spans: readonly Span[]): Span[] {
  return spans.map((span, index) => (index === spans.length - 1 ? span : withComma(span)))
}

function conditionOf({ guard, isElse, into }: Transition): Span[] {
  if (into !== undefined) return [{ text: `to ${into}`, style: 'guard' }]
  if (guard !== undefined) return [{ text: `[${guard}]`, style: 'guard' }]
  return isElse ? [{ text: '[else]', style: 'guard' }] : []
}

function byEvent(transitions: readonly Transition[]): [string, Transition[]][] {
  const groups = new Map<string, Transition[]>()
  for (const each of transitions) groups.set(each.event, [...(groups.get(each.event) ?? []), each])
  return [...groups]
}

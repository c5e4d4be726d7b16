/** An object as `kubectl get -o yaml` shows it: names in their order, without managedFields. */

/** As deep as objects are that JSON can say. */
type Value = unknown

export function yamlOf(object: { readonly metadata: object }): string {
  const { managedFields: _, ...metadata } = object.metadata as { managedFields?: unknown }
  return linesOf({ ...object, metadata }).join('\n')
}

function linesOf(value: object): string[] {
  return Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, each]) => {
      if (Array.isArray(each)) return [`${name}:`, ...each.flatMap(itemOf)]
      if (typeof each === 'object' && each !== null) return [`${name}:`, ...linesOf(each).map((line) => `  ${line}`)]
      return [`${name}: ${scalar(each)}`]
    })
}

function itemOf(value: Value): string[] {
  if (typeof value !== 'object' || value === null) return [`- ${scalar(value)}`]
  return linesOf(value).map((line, index) => `${index === 0 ? '-' : ' '} ${line}`)
}

/** In quotes where YAML would take the text for something else: a number, a time, nothing. */
function scalar(value: Value): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  const isPlain = /^[A-Za-z0-9./][\w./:@+-]*$/.test(value) && !value.endsWith(':')
  const isOther = /^([\d.][\d._]*(e[+-]?\d+)?|0x[\da-f]+|true|false|null|yes|no|on|off|y|n|\d{4}-\d{2}-\d{2}.*)$/i.test(
    value,
  )
  if (isPlain && !isOther) return value
  return value.includes('"') && /^[ -~]*$/.test(value) ? `'${value.replaceAll("'", "''")}'` : JSON.stringify(value)
}

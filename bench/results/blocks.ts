/** Generated parts of documents: what stands between two comments, `<!-- NAME -->` and `<!-- /NAME -->`. */

/** @throws Error where the document has not both, in order. */
export function withBlock(document: string, name: string, block: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [from, to] = [document.indexOf(begin), document.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`the document has no ${begin} followed by ${end}.`)
  return `${document.slice(0, from + begin.length)}\n${block}\n${document.slice(to)}`
}

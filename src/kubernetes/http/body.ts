/** Reads the body of an answer, within bounds of size and time: what answers may not be an API server. */
import type { Readable } from 'node:stream'

/** Characters of a Lease, whose managedFields may be long. */
const LONGEST_ANSWER = 4_000_000
/** Characters of an error that are of use. */
const LONGEST_ERROR = 64_000
/** Milliseconds for the rest of an error: its status is known by then. */
const ERROR_PATIENCE = 1_000

/** The whole body of a successful answer. Rejects where it is too long, or breaks off. */
export async function readAnswer(body: Readable): Promise<string> {
  const { text, broken } = await collect(body, LONGEST_ANSWER)
  if (broken) throw broken
  return text
}

/** As much of the body of an error as is of use and comes in time. Never rejects: the status counts. */
export async function readError(body: Readable): Promise<string> {
  const late = setTimeout(() => body.destroy(), ERROR_PATIENCE)
  const { text } = await collect(body, LONGEST_ERROR)
  clearTimeout(late)
  return text
}

/** Resolves with what came until the body ended, broke off or became too long; what comes after that is not read. */
function collect(body: Readable, longest: number): Promise<{ text: string; broken?: Error }> {
  return new Promise((resolve) => {
    let text = ''
    body.setEncoding('utf8')
    body.on('data', (chunk: string) => {
      text += chunk
      if (text.length <= longest) return
      text = text.slice(0, longest)
      resolve({ text, broken: new Error(`an answer of over ${longest} characters`) })
      body.destroy()
    })
    body.once('end', () => resolve({ text }))
    body.once('error', (broken: Error) => resolve({ text, broken }))
    body.once('close', () => {
      if (!body.readableEnded) resolve({ text, broken: new Error('the answer was cut off') })
    })
  })
}

/** A file that holds a credential. It may be mounted later, or be in the middle of a rotation: failures are retried. */
import { readFile } from 'node:fs/promises'
import { messageOf } from '../../errors.ts'

/** @throws Error that says which file it is, of what, and why it can't be read. */
export async function readCredential(file: string, what: string): Promise<Buffer> {
  let content: Buffer
  try {
    content = await readFile(file)
  } catch (error) {
    throw new Error(`${what} can't be read: ${messageOf(error)}. Mount the file, or mend its path.`, { cause: error })
  }
  if (content.toString().trim() === '') throw new Error(`${what}, ${file}, is empty.`)
  return content
}

export async function readToken(file: string, what: string): Promise<string> {
  return (await readCredential(file, what)).toString().trim()
}

/** Where the sidecar listens, as it is typed: HOST:PORT. */

import { UsageError } from '../arguments/usage-error.ts'
import type { Given } from '../arguments.ts'

export interface Address {
  /** Undefined: every interface. */
  readonly host: string | undefined
  /** 0: a free one. */
  readonly port: number
  /** How it was typed, for messages. */
  readonly given: Given
}

/** That of the older leader-elector, within the pod only. */
const DEFAULT: Given = { name: '--http', text: '127.0.0.1:4040' }

/** @throws UsageError */
export function readAddress(given: Given = DEFAULT): Address {
  const [, bracketed, plain, port] = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]/\s]*)):(\d{1,5})$/.exec(given.text) ?? []
  if (port === undefined || Number(port) > 65_535) {
    throw new UsageError(
      `${given.name} is ${JSON.stringify(given.text)}; expected HOST:PORT, such as 127.0.0.1:4040, [::1]:4040, or :4040 ` +
        'for every interface.',
    )
  }
  return { host: bracketed ?? (plain || undefined), port: Number(port), given }
}

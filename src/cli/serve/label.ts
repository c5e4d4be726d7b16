/** `--pod-label KEY=VALUE`, checked before anything begins. */
import { ConfigurationError } from '../../errors.ts'
import { labels } from '../../options/names.ts'
import { UsageError } from '../arguments/usage-error.ts'
import type { Given } from '../arguments.ts'

export interface Label {
  readonly key: string
  readonly value: string
  /** Name of this process's pod. */
  readonly pod: string
}

/** @throws UsageError */
export function readLabel(given: Given | undefined, podName: string | undefined): Label | undefined {
  if (given === undefined) return undefined
  const { name, text } = given
  const [, key, value] = /^([^=]+)=([^=]+)$/.exec(text) ?? []
  if (key === undefined || value === undefined) {
    throw new UsageError(`${name} is ${JSON.stringify(text)}; expected KEY=VALUE, such as leader=true.`)
  }
  try {
    labels({ [key]: value })
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    throw new UsageError(`${name} is ${JSON.stringify(text)}: ${error.message}`, { cause: error })
  }
  if (podName === undefined) {
    throw new UsageError(
      `POD_NAME not set: ${name} is put on this process's pod. Add to the container's env in the pod's spec: ` +
        '{ name: POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }.',
    )
  }
  return { key, value, pod: podName }
}

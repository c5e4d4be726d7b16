/** What was typed for `manifests`, as what it means. Kubernetes would refuse the rest, but later and in other words. */

import { messageOf } from '../../errors.ts'
import { labels } from '../../options/names.ts'
import { UsageError } from '../arguments/usage-error.ts'
import type { Given } from '../arguments.ts'
import { APP_LABEL, type Label, USES, type Use } from './plan.ts'

/** @throws UsageError */
export function useOf(use: Given | undefined, sidecar: Given | undefined, isSidecar: boolean): Use {
  const found = USES.find((each) => each === use?.text)
  if (use && !found) throw refusal(use, `one of ${USES.join(', ')}`)
  if (isSidecar && found && found !== 'sidecar') {
    throw new UsageError(`${sidecar!.name} and ${use!.name} ${found} are two ways of use; expected one.`)
  }
  return isSidecar ? 'sidecar' : (found ?? 'library')
}

/** What would be without effect is a mistake. @throws UsageError */
export function refuseUseless(given: ReadonlyMap<string, Given>, use: Use, timing: readonly string[]): void {
  const refuse = (flag: string, uses: readonly Use[], why: string) => {
    const found = given.get(flag)
    if (found === undefined || uses.includes(use)) return
    throw new UsageError(`${found.name} is for --use ${uses.join(' and --use ')}; this is --use ${use}: ${why}.`)
  }
  refuse('for-life', ['library'], 'who runs a command or answers others stands again after a loss')
  refuse('sidecar-image', ['sidecar'], 'there is no sidecar')
  refuse('pod-label', ['sidecar'], 'it is the sidecar that labels pods')
  const port = given.get('port')
  if (port && !given.has('pod-label')) {
    throw new UsageError(`${port.name} needs --pod-label: without it there is no Service that leads to a port.`)
  }
  for (const flag of timing)
    refuse(flag, ['run', 'sidecar'], 'an application gives its timing to the library, as options')
}

/** `-leader` is appended for the Service, which begins with a letter. @throws UsageError */
export function nameOf(given: Given): string {
  if (given.text.length <= 56 && /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(given.text)) return given.text
  const named = given.name === 'LEASE' ? ', to name the Deployment, too; or another name by --name' : ''
  throw refusal(given, `at most 56 lower-case letters, digits and "-", beginning with a letter${named}`)
}

/** @throws UsageError */
export function imageOf(given: Given | undefined): string | undefined {
  if (given && !/^\S+$/.test(given.text)) throw refusal(given, 'an image, such as my-app:1')
  return given?.text
}

/** @throws UsageError */
export function portOf(given: Given | undefined): number | undefined {
  const port = Number(given?.text)
  if (given && !(port >= 1 && port <= 65_535)) throw refusal(given, 'a port from 1 to 65535')
  return given && port
}

/** @throws UsageError */
export function labelOf(given: Given | undefined): Label | undefined {
  if (!given) return undefined
  const [, key, value] = /^([^=]+)=([^=]*)$/.exec(given.text) ?? []
  if (key === undefined || value === undefined) throw refusal(given, 'KEY=VALUE, such as leader=true')
  if (key === APP_LABEL) throw refusal(given, `another key: by ${APP_LABEL} the Deployment finds its pods`)
  try {
    labels({ [key]: value })
  } catch (error) {
    throw new UsageError(`${given.name} is ${JSON.stringify(given.text)}; ${messageOf(error)}`, { cause: error })
  }
  return { key, value }
}

function refusal({ name, text }: Given, expected: string): UsageError {
  return new UsageError(`${name} is ${JSON.stringify(text)}; expected ${expected}.`)
}

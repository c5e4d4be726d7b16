/** What the server says of itself: versions, groups and resources. */

import { apiVersionOf, type GroupVersion, ofVersion, type Resource } from '../objects/resources.ts'
import { REVIEWS } from './access-review.ts'
import { openApiIndex, openApiOf } from './openapi.ts'

/** The answer for a path of discovery; undefined for other paths. */
export function discover(pathname: string, served: readonly Resource[]): object | string | undefined {
  const path = pathname.replace(/\/$/, '')
  if (path === '/version') return { major: '1', minor: '35', gitVersion: 'v1.35.0+embedded', platform: 'embedded' }
  if (['/healthz', '/livez', '/readyz'].includes(path)) return 'ok'
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] }
  if (path === '/apis')
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups(served).map((group) => groupOf(served, group)) }
  // kubectl validates a List by it, and asks for protobuf: nothing is a document there, by which any List is right. What is
  // in the List is validated as it is written.
  if (path === '/openapi/v2') return ''
  if (path === '/openapi/v3') return openApiIndex(served)
  const [, prefix, group, version] = /^\/(api|apis|openapi\/v3\/apis?)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(path) ?? []
  if (!prefix || !group) return undefined
  if (prefix.startsWith('openapi'))
    return openApiOf(
      served,
      prefix.endsWith('apis') ? { group, version: version ?? '' } : { group: '', version: group },
    )
  // A third segment of the core group is a resource, as in /api/v1/pods, not something to describe.
  if (prefix === 'api') return version === undefined ? resourceList(served, { group: '', version: group }) : undefined
  if (version !== undefined) return resourceList(served, { group, version })
  return groups(served).includes(group) ? groupOf(served, group) : undefined
}

function groups(served: readonly Resource[]): string[] {
  return [...new Set([...served, ...REVIEWS].map(({ group }) => group))].filter(Boolean)
}

function groupOf(served: readonly Resource[], group: string) {
  const versions = [
    ...new Set([...served, ...REVIEWS].filter((each) => each.group === group).map(({ version }) => version)),
  ]
  const described = versions.map((version) => ({ groupVersion: `${group}/${version}`, version }))
  return { kind: 'APIGroup', apiVersion: 'v1', name: group, versions: described, preferredVersion: described[0] }
}

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

function resourceList(served: readonly Resource[], wanted: GroupVersion) {
  const resources = ofVersion(served, wanted).map(({ resource, singular, kind, isNamespaced, shortNames }) => ({
    name: resource,
    singularName: singular,
    namespaced: isNamespaced,
    kind,
    verbs: VERBS,
    ...(shortNames.length > 0 && { shortNames }),
  }))
  const reviews = REVIEWS.filter(({ group, version }) => group === wanted.group && version === wanted.version).map(
    ({ resource, kind }) => ({ name: resource, singularName: '', namespaced: false, kind, verbs: ['create'] }),
  )
  const all = [...resources, ...reviews]
  if (all.length === 0) return undefined
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf(wanted), resources: all }
}

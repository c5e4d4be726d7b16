/** What the server says of itself: versions, groups, resources, and as much OpenAPI as kubectl needs to create and apply. */
import { apiVersionOf, RESOURCES, type Resource } from './resources.ts'

/** The answer for a path of discovery; undefined for other paths. */
export function discover(pathname: string): object | string | undefined {
  const path = pathname.replace(/\/$/, '')
  if (path === '/version') return { major: '1', minor: '35', gitVersion: 'v1.35.0+embedded', platform: 'embedded' }
  if (['/healthz', '/livez', '/readyz'].includes(path)) return 'ok'
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] }
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups().map(groupOf) }
  if (path === '/openapi/v3') return openApiIndex()
  const [, prefix, group, version] = /^\/(api|apis|openapi\/v3\/apis?)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(path) ?? []
  if (!prefix || !group) return undefined
  if (prefix.startsWith('openapi'))
    return openApiOf(prefix.endsWith('apis') ? { group, version: version ?? '' } : { group: '', version: group })
  if (prefix === 'api') return resourceList({ group: '', version: group })
  if (version !== undefined) return resourceList({ group, version })
  return groups().includes(group) ? groupOf(group) : undefined
}

interface GroupVersion {
  readonly group: string
  readonly version: string
}

const ACCESS_REVIEWS: GroupVersion = { group: 'authorization.k8s.io', version: 'v1' }

function groups(): string[] {
  return [...new Set([...RESOURCES, ACCESS_REVIEWS].map(({ group }) => group))].filter(Boolean)
}

function groupOf(group: string) {
  const versions = [
    ...new Set([...RESOURCES, ACCESS_REVIEWS].filter((each) => each.group === group).map(({ version }) => version)),
  ]
  const described = versions.map((version) => ({ groupVersion: `${group}/${version}`, version }))
  return { kind: 'APIGroup', apiVersion: 'v1', name: group, versions: described, preferredVersion: described[0] }
}

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

function resourceList(wanted: GroupVersion) {
  const resources = ofVersion(wanted).map(({ resource, singular, kind, isNamespaced, shortNames }) => ({
    name: resource,
    singularName: singular,
    namespaced: isNamespaced,
    kind,
    verbs: VERBS,
    ...(shortNames.length > 0 && { shortNames }),
  }))
  const reviews = {
    name: 'selfsubjectaccessreviews',
    singularName: '',
    namespaced: false,
    kind: 'SelfSubjectAccessReview',
    verbs: ['create'],
  }
  if (apiVersionOf(wanted) === apiVersionOf(ACCESS_REVIEWS)) resources.push(reviews)
  if (resources.length === 0) return undefined
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf(wanted), resources }
}

function ofVersion({ group, version }: GroupVersion): Resource[] {
  return RESOURCES.filter((each) => each.group === group && each.version === version)
}

function openApiIndex() {
  const paths = RESOURCES.map(({ group, version }) => (group ? `apis/${group}/${version}` : `api/${version}`))
  return { paths: Object.fromEntries(paths.map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}` }])) }
}

/** One operation for each kind, which says that the server validates fields: all that kubectl looks for. */
function openApiOf(wanted: GroupVersion) {
  const resources = ofVersion(wanted)
  if (resources.length === 0) return undefined
  const root = wanted.group ? `/apis/${apiVersionOf(wanted)}` : `/api/${wanted.version}`
  const paths = resources.map(({ resource, kind, isNamespaced }) => [
    `${root}/${isNamespaced ? 'namespaces/{namespace}/' : ''}${resource}/{name}`,
    {
      patch: {
        parameters: ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({
          name,
          in: 'query',
          schema: { type: 'string' },
        })),
        responses: { 200: { description: 'OK' } },
        'x-kubernetes-action': 'patch',
        'x-kubernetes-group-version-kind': { group: wanted.group, version: wanted.version, kind },
      },
    },
  ])
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.35.0' },
    paths: Object.fromEntries(paths),
    components: { schemas: {} },
  }
}

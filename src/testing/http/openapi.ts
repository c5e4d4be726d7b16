/** As much OpenAPI as kubectl needs to create, to apply and to explain. */
import { METADATA } from '../objects/object-schemas.ts'
import { apiVersionOf, type GroupVersion, ofVersion, type Resource } from '../objects/resources.ts'
import type { Schema } from '../objects/schema.ts'

export function openApiIndex(resources: readonly Resource[]) {
  const paths = resources.map(({ group, version }) => (group ? `apis/${group}/${version}` : `api/${version}`))
  return { paths: Object.fromEntries(paths.map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}` }])) }
}

export function openApiOf(served: readonly Resource[], wanted: GroupVersion) {
  const resources = ofVersion(served, wanted)
  if (resources.length === 0) return undefined
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.35.0' },
    paths: Object.fromEntries(resources.map((resource) => pathOf(resource))),
    components: { schemas: Object.fromEntries(resources.map((resource) => [resource.kind, schemaOf(resource)])) },
  }
}

/** One operation, which says that the server validates fields: kubectl looks for no other. */
function pathOf({ resource, kind, isNamespaced, group, version }: Resource) {
  const root = group ? `/apis/${apiVersionOf({ group, version })}` : `/api/${version}`
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string' },
  }))
  const operation = {
    parameters,
    responses: { 200: { description: 'OK' } },
    'x-kubernetes-action': 'patch',
    'x-kubernetes-group-version-kind': { group, version, kind },
  }
  return [`${root}/${isNamespaced ? 'namespaces/{namespace}/' : ''}${resource}/{name}`, { patch: operation }] as const
}

function schemaOf({ fields, kind, group, version }: Resource) {
  const text: Schema = { type: 'string' }
  const all = { apiVersion: text, kind: text, metadata: METADATA, ...fields }
  return {
    ...propertiesOf(all),
    'x-kubernetes-group-version-kind': [{ group, version, kind }],
  }
}

function propertiesOf(fields: Readonly<Record<string, Schema>>) {
  const properties = Object.entries(fields).map(([name, schema]) => [name, typeOf(schema)])
  return { type: 'object', properties: Object.fromEntries(properties) }
}

function typeOf(schema: Schema): object {
  switch (schema.type) {
    case 'object':
      return propertiesOf(schema.fields)
    case 'list':
      return { type: 'array', items: typeOf(schema.of) }
    case 'map':
      return { type: 'object', additionalProperties: typeOf(schema.of) }
    case 'int32':
    case 'int64':
      return { type: 'integer', format: schema.type }
    case 'time':
    case 'microTime':
      return { type: 'string', format: 'date-time' }
    case 'intOrString':
      return { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] }
    case 'quantity':
      return { oneOf: [{ type: 'string' }, { type: 'number' }] }
    case 'any':
      return { type: 'object' }
    default:
      return { type: schema.type }
  }
}

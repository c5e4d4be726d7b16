/**
 * The reference of what the package exports, as `npm run docs` writes it. Whatever is exported says what it is: a name
 * without a word about it, or a link that leads nowhere, is an error.
 *
 * Made with TypeScript 6, which stands beside 7 for this and for dependency-cruiser: 7 has no API in JavaScript.
 *
 * @type {Partial<import('typedoc').TypeDocOptions>}
 */
export default {
  name: 'kubernetes-leader-election',
  entryPoints: [
    'src/index.ts',
    'src/telemetry/opentelemetry.ts',
    'src/telemetry/prometheus.ts',
    'src/testing/index.ts',
    'src/viewer/index.ts',
  ],
  tsconfig: 'tsconfig.build.json',
  out: 'docs/api',
  readme: 'none',
  // The same pages from the same sources, wherever they are made.
  disableSources: true,
  excludeInternal: true,
  excludePrivate: true,
  // What Error and the like bring along.
  excludeExternals: true,
  validation: { notExported: true, invalidLink: true, invalidPath: true, notDocumented: true },
  requiredToBeDocumented: [
    'Variable',
    'Function',
    'Class',
    'Interface',
    'TypeAlias',
    'Constructor',
    'Property',
    'Method',
    'Accessor',
  ],
  // They only tell the members of a union apart, each of which says what it is; or are Kubernetes' own words.
  intentionallyNotDocumented: [
    'index.ElectionEmitted.__type.type',
    'index.ElectionEvent.__type.type',
    'index.LossReason.__type.kind',
    'index.OwnerReference.apiVersion',
    'index.OwnerReference.kind',
    'testing.PodHandle.owner.__type.apiVersion',
    'testing.PodHandle.owner.__type.kind',
    'testing.ObjectMeta.ownerReferences.__type.apiVersion',
    'testing.ObjectMeta.ownerReferences.__type.kind',
    'testing.ObjectMeta.ownerReferences.__type.name',
    'testing.ObjectMeta.ownerReferences.__type.uid',
    'testing.LeaseServer.podEnv.__type.POD_NAME',
    'testing.LeaseServer.podEnv.__type.POD_NAMESPACE',
    'testing.LeaseServer.podEnv.__type.POD_UID',
  ],
  // What the election tells itself, and shapes of arguments that are written out where they are taken.
  intentionallyNotExported: [
    'src/statechart/types.ts:WatchEvent',
    'src/statechart/types.ts:ClockEvent',
    'src/statechart/types.ts:Operation',
    'src/election-machine.ts:machineOf',
    'src/telemetry/sentences.ts:Described',
    'src/telemetry/statsd.ts:Counted',
    'src/leader-election/health-handler.ts:Asked',
    'src/testing/access/rbac.ts:Attributes',
  ],
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
}

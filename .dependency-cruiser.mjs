/**
 * The architecture: which part of `src/` may import which. `npm run check` keeps it, imports of types included.
 *
 * Arrows point one way:
 *
 *   cli → leader-election → election-machine → kubernetes → statechart → lease → options
 *
 * Beside that line stand `process` (this process's clocks and neighbours) and `telemetry` (what listens to the election);
 * apart from all of it `testing`, the embedded API server, and `viewer`, the page that draws statecharts; below all of it
 * `errors.ts`. What runs in a browser, the folders `page`, imports nothing of what runs in Node.js.
 */

/** A part, what it is, and the parts that it may import beside itself; all else is forbidden to it. */
const PARTS = [
  {
    part: 'errors.ts',
    is: 'One class per decision a caller can make. Of the lease it knows the reasons of a loss.',
    files: '^src/errors\\.ts$',
    mayImport: ['^src/lease/tenure\\.ts$'],
  },
  {
    part: 'options',
    is: 'What a user may set, and whether it can be right.',
    files: '^src/options/',
    mayImport: ['^src/errors\\.ts$'],
  },
  {
    part: 'lease',
    is: 'The rules, pure: they read no clock and send nothing.',
    files: '^src/lease/',
    mayImport: ['^src/options/(types|limits)\\.ts$'],
  },
  {
    part: 'process',
    is: "This process's clocks, and who else stands nearby.",
    files: '^src/process/',
    mayImport: ['^src/lease/', '^src/options/'],
  },
  {
    part: 'statechart',
    is: 'States, events and what they mean for the Lease. It imports no transport and nothing of this process.',
    files: '^src/statechart/',
    mayImport: ['^src/lease/', '^src/options/', '^src/errors\\.ts$'],
  },
  {
    part: 'kubernetes/access',
    is: 'Where the API server is, and how one is let in.',
    files: '^src/kubernetes/access/',
    mayImport: ['^src/errors\\.ts$'],
  },
  {
    part: 'kubernetes/http',
    is: 'Requests in their order, on connections that are shared. It knows nothing of Leases.',
    files: '^src/kubernetes/http/',
    mayImport: [
      '^src/kubernetes/access/cluster-access\\.types\\.ts$',
      '^src/lease/(attempt|clock)\\.ts$',
      '^src/process/system-clock\\.ts$',
      '^src/errors\\.ts$',
    ],
  },
  {
    part: 'kubernetes',
    is: 'Leases on an API server, and the services by which the statechart reaches them.',
    files: '^src/kubernetes/[^/]+\\.ts$|^src/kubernetes/(?!access/|http/)[^/]+/',
    mayImport: [
      '^src/kubernetes/',
      '^src/statechart/',
      '^src/process/',
      '^src/lease/',
      '^src/options/',
      '^src/errors\\.ts$',
    ],
  },
  {
    part: 'telemetry',
    is: 'Listeners of what the election tells; the election does not know them.',
    files: '^src/telemetry/',
    mayImport: ['^src/statechart/types\\.ts$', '^src/lease/tenure\\.ts$', '^src/errors\\.ts$'],
  },
  {
    part: 'election-machine',
    is: 'The statechart together with its services.',
    files: '^src/election-machine\\.ts$',
    mayImport: [
      '^src/kubernetes/',
      '^src/statechart/',
      '^src/process/',
      '^src/lease/',
      '^src/options/',
      '^src/errors\\.ts$',
    ],
  },
  {
    part: 'leader-election',
    is: 'The facade: options in, promises and signals out.',
    files: '^src/leader-election(\\.ts$|/)',
    mayImport: [
      '^src/leader-election\\.ts$',
      '^src/leader-election/',
      '^src/election-machine\\.ts$',
      '^src/kubernetes/access/kube-config\\.ts$',
      '^src/kubernetes/event-recorder\\.ts$',
      '^src/statechart/',
      '^src/process/',
      '^src/telemetry/',
      '^src/lease/',
      '^src/options/',
      '^src/errors\\.ts$',
    ],
  },
  {
    part: 'testing',
    is: 'An API server for tests: it never looks at the election that is tested against it.',
    files: '^src/testing/',
    mayImport: [],
  },
  {
    part: 'viewer/model',
    is: 'What an inspected process tells a page, and what both know of it.',
    files: '^src/viewer/model/',
    mayImport: [],
  },
  {
    part: 'viewer/page',
    is: 'What draws statecharts in a browser.',
    files: '^src/viewer/page/',
    mayImport: ['^src/viewer/model/'],
  },
  {
    part: 'viewer',
    is: 'Serves the page, and tells it what machines do, whichever they are: it does not know the election.',
    files: '^src/viewer/[^/]+\\.ts$',
    mayImport: ['^src/viewer/model/', '^src/leader-election/isolation\\.ts$', '^src/errors\\.ts$'],
  },
  {
    part: 'cli/demo/web/model',
    is: 'What the demo tells its page, and what both know of it.',
    files: '^src/cli/demo/web/model/',
    mayImport: ['^src/viewer/model/'],
  },
  {
    part: 'cli/demo/web/page',
    is: "The demo's page, in a browser.",
    files: '^src/cli/demo/web/page/',
    mayImport: ['^src/cli/demo/web/model/', '^src/viewer/page/', '^src/viewer/model/'],
  },
  {
    part: 'cli',
    is: 'The command line, on top of everything. Its elections stand on the facade, not on what the facade is made of.',
    files: '^src/cli/(?!demo/web/(page|model)/)',
    mayImport: [
      '^src/cli/demo/web/model/',
      '^src/viewer/(?!page/)',
      '^src/leader-election\\.ts$',
      '^src/kubernetes/(api-client|api-errors|lease-api|lease-path)\\.ts$',
      '^src/kubernetes/access/',
      '^src/process/',
      '^src/lease/',
      '^src/telemetry/',
      '^src/testing/',
      '^src/statechart/types\\.ts$',
      '^src/options/',
      '^src/errors\\.ts$',
    ],
  },
  {
    part: 'index.ts',
    is: 'The public names, and nothing else.',
    files: '^src/index\\.ts$',
    mayImport: ['^src/(?!cli/|testing/|viewer/)'],
  },
]

/** A package, and who may import it. */
const PACKAGES = [
  {
    name: 'xstate',
    users: [
      '^src/statechart/',
      '^src/election-machine\\.ts$',
      '^src/leader-election(\\.ts$|/)',
      '^src/kubernetes/election-services(\\.ts$|/)',
      '^src/viewer/[^/]+\\.ts$',
    ],
    because: 'a later XState changes its syntax: what touches it stays together',
  },
  {
    name: '@kubernetes/client-node',
    users: ['^src/kubernetes/access/', '^src/testing/'],
    because: 'importing it takes longer than all the rest: who has no use for it must start without it',
  },
  {
    name: 'esbuild',
    users: ['^src/viewer/page-source\\.ts$'],
    because: 'it is there in a checkout only: that file has another one in its place in what is built',
  },
]

const between = PARTS.map(({ part, is, files, mayImport }) => ({
  name: `${part} imports no more than it may`,
  comment: is,
  severity: 'error',
  from: { path: files },
  to: { path: '^src/', pathNot: [...(part === 'kubernetes' ? [] : [files]), ...mayImport] },
}))

const packages = PACKAGES.map(({ name, users, because }) => ({
  name: `${name} is imported only where it belongs`,
  comment: because,
  severity: 'error',
  from: { path: '^src/', pathNot: users },
  to: { path: `(^|/)node_modules/${name}/` },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no circle',
      comment: 'What imports each other can only be understood, tested and changed together. Types count.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'every file has its part',
      comment: 'A new folder says here what it is, and what it may import.',
      severity: 'error',
      from: { path: '^src/', pathNot: PARTS.map(({ files }) => files) },
      to: {},
    },
    ...between,
    ...packages,
    {
      name: 'lease knows no more of the options than their types and limits',
      comment: 'The rules are told what was set; they check and complete nothing.',
      severity: 'error',
      from: { path: '^src/lease/' },
      to: { path: '^src/options/', pathNot: '^src/options/limits\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'nothing imports the command line',
      comment: 'It is built into files of its own, which are not part of the library.',
      severity: 'error',
      from: { pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'nothing imports an entry point',
      comment: 'index.ts, testing/index.ts and viewer/index.ts are for those outside: they name what stands elsewhere.',
      severity: 'error',
      from: {},
      to: { path: '^src/((testing|viewer)/)?index\\.ts$' },
    },
    {
      name: 'a page imports nothing of Node.js',
      comment: 'It runs in a browser, and all of it is sent there.',
      severity: 'error',
      from: { path: '^src/(viewer|cli/demo/web)/(page|model)/' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-peer'] },
    },
    {
      name: 'every import leads somewhere',
      comment: 'What can not be found can not be checked.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    // Imports of types are arrows too, though nothing is left of them when the code runs.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
}

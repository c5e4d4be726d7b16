/** @codedependant/kubernetes-leader-election. It has one time for renewals and no deadline. */
// Without this variable, which every pod has, it takes itself for the only one and leads at once.
process.env.KUBERNETES_SERVICE_HOST ??= '127.0.0.1'
const { createRequire } = require('node:module')
const { join } = require('node:path')

// Where it was installed, which is not beside this file.
const { Elector, EVENTS } = createRequire(join(process.env.MODULES, 'from'))(
  '@codedependant/kubernetes-leader-election',
)
const { STANDS, LEASE_DURATION, RETRY_PERIOD } = process.env
const [lease, identity] = STANDS.split(' ')

function tell(event) {
  const at = Number(process.hrtime.bigint()) / 1e6
  process.stdout.write(`${JSON.stringify({ event, at, lease, identity })}\n`)
}

const silent = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
  fatal() {},
  child: () => silent,
}
const elector = new Elector({
  lease_name: lease,
  identity,
  namespace: 'default',
  lease_duration_sec: Number(LEASE_DURATION),
  renew_interval_ms: Number(RETRY_PERIOD) * 1000,
  auto_close: false,
  log: silent,
})
elector.on(EVENTS.LEADERSHIP_ACQUIRED, () => tell('leading'))
elector.on(EVENTS.LEADERSHIP_LOST, () => tell('lost'))
process.once('SIGTERM', async () => {
  await elector.stop()
  process.exit()
})
tell('up')
elector.start()

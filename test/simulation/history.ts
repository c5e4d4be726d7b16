/**
 * One history: some processes, a stretch of faults, and calm at the end. What must hold is looked at after everything
 * that happens.
 */
import { toleratedClockRateError } from '../../src/tenure.ts'
import { CALM, ProcessModel } from './process-model.ts'
import { ServerModel } from './server-model.ts'
import { World } from './world.ts'

export interface HistoryResult {
  readonly seed: number
  readonly faults: number
  readonly terms: number
  readonly violations: readonly string[]
  /** What happened, in a form that one can read. */
  readonly trace: readonly string[]
}

const FAULTY = 240_000
const CALM_PHASE = 120_000

export async function simulate(seed: number, { clockError = 0.05 } = {}): Promise<HistoryResult> {
  const world = new World(seed)
  const server = new ServerModel()
  const trace: string[] = []
  const violations: string[] = []
  const say = (text: string) => void trace.push(`${(world.now / 1000).toFixed(3).padStart(8)} s  ${text}`)
  const violate = (text: string) => {
    say(`VIOLATION: ${text}`)
    violations.push(text)
  }

  let highest = 0n
  let terms = 0
  const term = world.chance(0.3) ? 'life' : 'renewable'
  const processes = Array.from({ length: 2 + Math.floor(world.random() * 4) }, (_, index) => {
    const name = `p${index}`
    const seconds = world.pick([10, 15, 15, 15, 30])
    const leaseDuration = seconds * 1000
    // The narrower the margin, the smaller the clocks' error may be, and the sooner a mistake shows.
    const renewDeadline = Math.floor(leaseDuration * world.pick([2 / 3, 0.8, 0.93]))
    const requestTimeout = Math.floor(renewDeadline / world.pick([3, 10]))
    const owner = { apiVersion: 'v1', kind: 'Pod', name, uid: `pod-${name}` }
    const input = {
      leaseName: 'lease',
      namespace: 'default',
      identity: name,
      term,
      leaseDuration,
      renewDeadline,
      requestTimeout,
      interval: seconds * 150,
      owner,
    } as const
    const bound = Math.min(clockError, toleratedClockRateError(leaseDuration, renewDeadline)) * 0.999
    return new ProcessModel(world, server, input, 1 + world.between(-bound, bound), (token) => {
      terms += 1
      say(`${name} leads with token ${token}`)
      if (token <= highest) violate(`the token ${token} of ${name} is not above ${highest}`)
      highest = token > highest ? token : highest
    })
  })

  const check = () => {
    const leaders = processes.filter(({ leads }) => leads).map(({ name }) => name)
    if (leaders.length > 1) violate(`${leaders.join(' and ')} lead at once`)
    for (const verb of server.unconditional.splice(0)) violate(`a ${verb} without preconditions`)
  }

  for (const process of processes) world.after(world.between(0, 5_000), () => process.start())
  const faults = injectFaults(world, processes, say)
  await world.runUntil(FAULTY, check)

  say('calm from here on')
  for (const process of processes) {
    process.network = { ...CALM }
    process.resume()
    if (!process.isRunning) process.start()
  }
  await world.runUntil(FAULTY + CALM_PHASE, check)
  const leaders = processes.filter(({ leads }) => leads)
  if (leaders.length !== 1) {
    violate(
      `${leaders.length} leaders after ${CALM_PHASE / 1000} s of calm: ${processes.map(({ name, state }) => `${name} ${state}`).join(', ')}`,
    )
  }
  for (const process of processes) process.crash()
  return { seed, faults, terms, violations, trace }
}

/** Faults begin and end at random, several at a time; all have ended when the calm begins. */
function injectFaults(world: World, processes: readonly ProcessModel[], say: (text: string) => void): number {
  const count = 5 + Math.floor(world.random() * 25)
  for (let index = 0; index < count; index += 1) {
    const process = world.pick(processes)
    const from = world.between(0, FAULTY * 0.9)
    const length = Math.min(FAULTY - from, world.pick([50, 500, 5_000, 20_000, 60_000]) * world.between(0.5, 1.5))
    const kind = world.pick(KINDS)
    world.at(from, () => {
      say(`${process.name}: ${kind} for ${Math.round(length)} ms`)
      const end = begin(kind, world, processes, process)
      world.after(length, end)
    })
  }
  return count
}

const KINDS = [
  'slow',
  'lossy',
  'lost answers',
  'late commits',
  'partition',
  'outage',
  'silence',
  'pause',
  'suspend',
  'crash',
  'wall step',
] as const

function begin(
  kind: (typeof KINDS)[number],
  world: World,
  processes: readonly ProcessModel[],
  process: ProcessModel,
): () => void {
  const { network } = process
  const restore = (change: Partial<typeof network>) => {
    const before = { ...network }
    Object.assign(network, change)
    return () => {
      for (const name of Object.keys(change)) Object.assign(network, { [name]: before[name as keyof typeof before] })
    }
  }
  switch (kind) {
    case 'slow':
      return restore({ latency: world.between(200, 30_000) })
    case 'lossy':
      return restore({ requestLoss: world.between(0.1, 0.9) })
    case 'lost answers':
      return restore({ responseLoss: world.between(0.1, 1) })
    case 'late commits':
      return restore({ lateCommit: world.between(0.2, 1) })
    case 'partition':
      return restore({ requestLoss: 1, responseLoss: 1, isSilent: true })
    case 'silence':
      return restore({ isSilent: true })
    case 'outage': {
      for (const each of processes) each.network.isAway = true
      return () => {
        for (const each of processes) each.network.isAway = false
      }
    }
    case 'pause':
      process.pause()
      return () => process.resume()
    case 'suspend':
      if (process.canBeSuspended) process.suspend()
      else process.pause()
      return () => process.resume()
    case 'crash':
      process.crash()
      return () => !process.isRunning && process.start()
    case 'wall step':
      // Backwards and suspended within one term, both clocks would hide the same time: outside of what is promised.
      process.stepWall(world.pick(process.canBeSuspended ? [3_600_000, 315e9] : [-3_600_000, 3_600_000, -315e9, 315e9]))
      return () => {}
  }
}

/** A processor profile, by the modules in which the time went. */
import type { Profiler } from 'node:inspector'

export interface ModuleTime {
  readonly module: string
  readonly milliseconds: number
}

/** No work of the process: it waits. */
const IDLE = '(idle)'

/** Of each module itself, not of what it calls, the greatest first. What is below the share is told together, at last. */
export function timeByModule({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile, share: number): ModuleTime[] {
  const moduleOfNode = new Map(nodes.map(({ id, callFrame }) => [id, moduleOf(callFrame)]))
  const times = new Map<string, number>()
  for (const [index, id] of samples.entries()) {
    const module = moduleOfNode.get(id)!
    if (module !== IDLE) times.set(module, (times.get(module) ?? 0) + timeDeltas[index]! / 1000)
  }
  const all = [...times].map(([module, milliseconds]) => ({ module, milliseconds }))
  const total = all.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
  const great = all.filter(({ milliseconds }) => milliseconds >= share * total)
  const rest = total - great.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
  return [
    ...great.sort((a, b) => b.milliseconds - a.milliseconds),
    ...(rest > 0 ? [{ module: 'all others', milliseconds: rest }] : []),
  ]
}

/** A folder of ours, a package, or a module of Node.js; the engine's own are in brackets. */
function moduleOf({ url, functionName }: Profiler.ProfileNode['callFrame']): string {
  if (url === '') return functionName.startsWith('(') ? functionName : 'Node.js, native'
  if (url.startsWith('node:')) return url
  const inPackage = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)
  if (inPackage) return inPackage[1]!
  return /\/dist\/(.*?)(?:\/[^/]*)?$/.exec(url)?.[1] ?? url
}

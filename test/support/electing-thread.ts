/** A thread of a test's process that stands for election in a pod, and tells what it hears and how it ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { KubeConfig } from '@kubernetes/client-node'
import { LeaderElection, type OwnerReference } from '../../src/index.ts'

export interface ElectingThreadData {
  readonly leaseName: string
  readonly kubeConfigYaml: string
  readonly identity: string
  readonly namespace: string
  readonly owner: OwnerReference
}

/** `holder`: who leads; `ended`: the name of the error. */
export type ThreadTold = { readonly holder: string | undefined } | { readonly ended: string }

const { leaseName, kubeConfigYaml, ...pod } = workerData as ElectingThreadData
const kubeConfig = new KubeConfig()
kubeConfig.loadFromString(kubeConfigYaml)
const tell = (told: ThreadTold) => parentPort!.postMessage(told)
const election = new LeaderElection(leaseName, { ...pod, kubeConfig, preset: 'client-go' })
election.on('newLeader', ({ holder }) => tell({ holder }))
await election.lead(() => new Promise(() => {})).catch(({ name }: Error) => tell({ ended: name }))

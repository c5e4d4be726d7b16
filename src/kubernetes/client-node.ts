/** What is used of client-node, named one by one: so a bundler can leave the rest out. */
export {
  CoordinationV1Api,
  createConfiguration,
  KubeConfig,
  ResponseContext,
  ServerConfiguration,
  V1MicroTime,
  wrapHttpLibrary,
} from '@kubernetes/client-node'

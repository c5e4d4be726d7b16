/** What is used of client-node, named one by one: so a bundler can leave the rest out. */
export { KubeConfig } from '@kubernetes/client-node'

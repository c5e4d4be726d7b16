/** Where the API server has Leases. */

/** Of the Leases of a namespace, or of one of them. */
export function leasesPath(namespace: string, name?: string): string {
  const leases = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`
  return name ? `${leases}/${encodeURIComponent(name)}` : leases
}

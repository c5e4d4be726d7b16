/** A kubeconfig for one identity, as text. */

/** JSON, which is YAML. Without an authority, whatever certificate the server shows is trusted. */
export function kubeConfigText({
  server,
  authorityData,
  identity,
  token,
  namespace,
}: {
  readonly server: string
  readonly authorityData: string | undefined
  readonly identity: string
  readonly token: string
  readonly namespace: string
}): string {
  const trust =
    authorityData === undefined ? { 'insecure-skip-tls-verify': true } : { 'certificate-authority-data': authorityData }
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, ...trust } }],
    users: [{ name: identity, user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: identity, namespace } }],
    'current-context': 'test',
  })
}

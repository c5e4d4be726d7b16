/** A certificate for the loopback server, which is its own authority: made anew for each server, never stored. */
import { generate } from 'selfsigned'

export interface ServerCertificate {
  readonly key: string
  readonly cert: string
  /** What clients have to trust, base64 of the PEM: `certificate-authority-data` of a kubeconfig. */
  readonly authorityData: string
}

export async function createCertificate(host: string): Promise<ServerCertificate> {
  const { private: key, cert } = await generate(
    [{ name: 'commonName', value: 'kubernetes-leader-election test server' }],
    {
      keyType: 'ec',
      extensions: [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
        { name: 'extKeyUsage', serverAuth: true },
        {
          name: 'subjectAltName',
          altNames: [
            { type: 2, value: 'localhost' },
            { type: 7, ip: host },
          ],
        },
      ],
    },
  )
  return { key, cert, authorityData: Buffer.from(cert).toString('base64') }
}

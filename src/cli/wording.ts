/** Messages of the library name the options of its constructor; who is at the command line has flags. */

/** Leaves out what can't be done here: there is no flag for a `KubeConfig` object. */
export function withoutOptions(message: string): string {
  return message.replace(' or give the option `kubeConfig`', '')
}

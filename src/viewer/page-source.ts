/**
 * The scripts and styles of the pages, as texts.
 *
 * In a checkout they are bundled when they are asked for. What is built has another module in the place of this one, with
 * the finished texts in it (`bundling.ts`): the package needs neither a bundler nor files beside its modules.
 */
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** The pages that there are, by the module with which they begin. */
export const PAGES = { viewer: './page/main.ts', demo: '../cli/demo/web/page/main.ts' } as const

export interface PageSource {
  readonly script: string
  readonly style: string
}

export async function readPageSource(page: keyof typeof PAGES): Promise<PageSource> {
  const entry = fileURLToPath(new URL(PAGES[page], import.meta.url))
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    outdir: '.',
    format: 'iife',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
  })
  const textOf = (extension: string) => outputFiles.find(({ path }) => path.endsWith(extension))?.text ?? ''
  return { script: textOf('.js'), style: textOf('.css') }
}

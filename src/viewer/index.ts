export { attachViewer, type Viewer, type ViewerOptions, type ViewerSource } from './viewer.ts'

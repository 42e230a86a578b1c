export {
  loadRowKernel,
  joinEmbeddedEngine,
  openEmbeddedEngine,
  type AllowedPath,
  type EmbeddedEngine,
  type EmbeddedEngineOptions,
  type EngineHandle,
  type SandboxMode,
} from './embedded-engine.js';
export { findLibraryFile } from './library-file.js';
export { fittingPrebuilt } from './prebuilt.js';

export {
  loadRowKernel,
  openEmbeddedEngine,
  type AllowedPath,
  type EmbeddedEngineOptions,
  type SandboxMode,
} from './embedded-engine.js';

export {
  openEmbeddedEngine,
  type AllowedPath,
  type EmbeddedEngineOptions,
  type SandboxMode,
} from './embedded/index.js';

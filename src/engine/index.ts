export {
  findLibraryFile,
  fittingPrebuilt,
  joinEmbeddedEngine,
  openEmbeddedEngine,
  type AllowedPath,
  type EmbeddedEngine,
  type EmbeddedEngineOptions,
  type EngineHandle,
  type SandboxMode,
} from './embedded/index.js';

export {
  loadRowKernel,
  openEmbeddedEngine,
  type EmbeddedEngineOptions,
} from './embedded-engine.js';

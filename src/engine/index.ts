export { openEmbeddedEngine, type EmbeddedEngineOptions } from './embedded/index.js';

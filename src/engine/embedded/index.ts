export { openEmbeddedEngine, type EmbeddedEngineOptions } from './embedded-engine.js';

export { openShards } from './sharded-engine.js';

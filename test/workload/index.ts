export { chooseSeed, createRandom, type Random } from './random.js';
export { workloadTables } from './tables.js';
export { runWorkload, type WorkloadOptions, type WorkloadResult } from './run-workload.js';

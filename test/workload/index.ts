export { chooseSeed, createRandom, type Random } from './random.js';
export { runWorkload, type WorkloadOptions, type WorkloadResult } from './run-workload.js';

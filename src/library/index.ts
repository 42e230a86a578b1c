export { connect, openEngine, openSource } from './open.js';
export { listTables, queryRows, replay, scan } from './run.js';

export * from './column-data.js';
export * from './column-types.js';
export * from './engine.js';
export * from './errors.js';
export * from './position.js';
export * from './table.js';

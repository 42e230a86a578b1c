export * from './cell-text.js';
export * from './formats.js';
export * from './json.js';
export * from './result.js';
export * from './text-table.js';

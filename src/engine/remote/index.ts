export * from './endpoint.js';
export * from './options.js';
export * from './remote-engine.js';
export * from './secret-files.js';

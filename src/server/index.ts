export * from './credentials.js';
export * from './flash-server.js';
export * from './listen-policy.js';
export * from './log.js';
export * from './options.js';
export * from './status-document.js';
export * from './users/index.js';

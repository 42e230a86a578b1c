export * from './http-door.js';

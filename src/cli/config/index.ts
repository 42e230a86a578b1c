export { withOrigins } from './explain.js';
export { commandKeys, sharedKeys } from './keys.js';
export { readSettings } from './read-settings.js';
export { settle, type Setting, type Settled } from './settle.js';
export {
  changedTable,
  configJson,
  settingsTable,
  type CommandSettings,
  type ConfigJson,
} from './show.js';

export { isServerUrl, type AddressDefaults } from './address.js';
export { openLiveSource, type LiveOptions } from './live-source.js';
export { readOptionFile, readPasswordFile } from './option-file.js';

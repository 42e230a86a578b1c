export { unpackZstd } from './unpack-zstd.js';

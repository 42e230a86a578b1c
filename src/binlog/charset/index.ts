export { charsetOfCollationNumber } from './collation-charset.js';
export { decodeText } from './decode-text.js';
export { createTranscoder, isSingleByteCharset } from './transcoder.js';
export type { Transcoder } from './transcoder-type.js';

export { verifyServer } from './verify-server.js';
export type { VerifyOptions } from './verify-options.js';
export {
  isEqual,
  isTableEqual,
  type RowDifference,
  type ShownRow,
  type TableResult,
  type VerifyResult,
} from './verify-result.js';

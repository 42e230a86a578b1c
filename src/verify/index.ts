export { verifyServer } from './verify-server.js';
export type { VerifyOptions } from './verify-options.js';
export {
  isEqual,
  isNothingLeft,
  isTableEqual,
  type Mending,
  type RowDifference,
  type ShownRow,
  type TableResult,
  type VerifyResult,
} from './verify-result.js';

export { examine, type DoctorPorts } from './examine.js';
export type { Finding } from './finding.js';
export {
  judgeClock,
  judgeDisk,
  judgeFsync,
  judgeMemory,
  judgeNode,
  judgeSandbox,
} from './judge.js';

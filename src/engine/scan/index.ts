export { openTableScan, scan, type ScanOptions, type TableScan } from './table-scan.js';

/** Node's option that lets a process of its own run TypeScript, from any folder. */
export const typescript = `--import=${import.meta.resolve('../scripts/testing/typescript.js')}`;

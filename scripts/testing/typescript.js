// `node --import=./scripts/testing/typescript.js file.ts` runs TypeScript as tsx does, and starts in a third of its
// time: it looks for no other names of a file than those that this repository uses, and compiles a text once.
import { register } from 'node:module';

process.setSourceMapsEnabled(true);
register('./typescript-hooks.js', import.meta.url);

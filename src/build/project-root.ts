import { fileURLToPath } from 'node:url';

/** The folder of package.json: from `src/build` and from the built `dist/chunks` alike. */
export const projectRoot = fileURLToPath(new URL('../../', import.meta.url));

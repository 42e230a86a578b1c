import { fileURLToPath } from 'node:url';

/** The folder of package.json: from `src/build` and from the compiled `dist/build` alike. */
export const projectRoot = fileURLToPath(new URL('../../', import.meta.url));

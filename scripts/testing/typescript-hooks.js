import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Compiled texts, by their hash. Text and name alone decide what esbuild gives, beside its version. */
const cacheFolder = path.resolve(import.meta.dirname, '../../.cache/typescript');
const compilerVersion = readFileSync(
  path.resolve(import.meta.dirname, '../../node_modules/esbuild/package.json'),
);

/** `./x.js` of a TypeScript file is `./x.ts`, where there is one. */
export function resolve(specifier, context, nextResolve) {
  const { parentURL: parent } = context;
  if (specifier.startsWith('.') && specifier.endsWith('.js') && parent?.endsWith('.ts')) {
    const url = new URL(`${specifier.slice(0, -'js'.length)}ts`, parent);
    if (existsSync(url)) return { url: url.href, format: 'module', shortCircuit: true };
  }
  return nextResolve(specifier, context);
}

export async function load(url, context, nextLoad) {
  // AVA gives a query to what it imports.
  const { protocol, pathname } = new URL(url);
  if (protocol !== 'file:' || !pathname.endsWith('.ts')) return nextLoad(url, context);
  const source = await compile(fileURLToPath(url));
  return { format: 'module', source, shortCircuit: true };
}

async function compile(file) {
  const text = readFileSync(file);
  const hash = createHash('sha256').update(compilerVersion).update(file).update(text);
  const compiled = path.join(cacheFolder, `${hash.digest('hex').slice(0, 32)}.js`);
  if (existsSync(compiled)) return readFileSync(compiled);
  // Most starts find all compiled, and need no compiler.
  const { transform } = await import('esbuild');
  const options = { loader: 'ts', format: 'esm', target: 'node20', sourcemap: 'inline' };
  const { code } = await transform(text.toString(), { ...options, sourcefile: file });
  mkdirSync(cacheFolder, { recursive: true });
  // Other processes compile the same now: a name appears when its file is whole.
  const fresh = `${compiled}.${process.pid}`;
  writeFileSync(fresh, code);
  renameSync(fresh, compiled);
  return code;
}

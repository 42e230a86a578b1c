// `node --import=tsx scripts/page-pictures.ts URL TOKEN`: takes docs/images/page-*.png of a server that runs, light, dark
// and as on a phone. Chromium is needed (apt-get install chromium).
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findChromium, startChromium, type Look } from './drawing/chromium.js';

const desk: Look = { width: 1000, height: 1080, scheme: 'light', isPhone: false };
const pictures: readonly (readonly [name: string, address: string, look: Look])[] = [
  ['light', 'status', desk],
  ['dark', 'status', { ...desk, scheme: 'dark' }],
  ['phone', 'status', { width: 360, height: 1080, scheme: 'light', isPhone: true }],
];

const [url, token] = process.argv.slice(2);
const program = findChromium();
if (url === undefined || token === undefined || program === undefined) {
  throw new Error('Give the URL of --http and its token; chromium has to be installed.');
}
const base = url.replace('://', `://pictures:${encodeURIComponent(token)}@`);
const folder = path.join(import.meta.dirname, '..', 'docs', 'images');
mkdirSync(folder, { recursive: true });
const browser = await startChromium(program);
try {
  const page = await browser.newPage();
  for (const [name, address, look] of pictures) {
    await page.look(look);
    await page.open(`${base}/${address}`);
    writeFileSync(path.join(folder, `page-${name}.png`), await page.picture(false));
  }
} finally {
  await browser.stop();
}

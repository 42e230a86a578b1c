// `npm run picture`: draws docs/picture.svg, the picture of the README.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { drawPicture } from './drawing/picture.js';

writeFileSync(path.join(import.meta.dirname, '..', 'docs', 'picture.svg'), drawPicture());

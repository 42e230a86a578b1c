// The picture of the README: where rows come from, what holds them, who reads them.

interface Box {
  x: number;
  y: number;
  width: number;
  title: string;
  lines: readonly string[];
  kind: 'outside' | 'ours' | 'engine';
}

const fills = { outside: '#f4f4f5', ours: '#e0f2fe', engine: '#fef3c7' } as const;
const strokes = { outside: '#71717a', ours: '#0369a1', engine: '#b45309' } as const;
const lineHeight = 18;

const boxes = {
  server: box(10, 20, 190, 'MySQL, MariaDB', ['a running server'], 'outside'),
  files: box(10, 110, 190, 'binary log files', ['in order, or a pipe'], 'outside'),
  dump: box(10, 200, 190, 'a dump', ['mysqldump, mariadb-dump'], 'outside'),
  write: box(270, 92, 170, 'theflash write', ['whole transactions,', 'exact values'], 'ours'),
  engine: box(
    510,
    92,
    170,
    'the engine folder',
    ['ClickHouse as a library,', 'in the process'],
    'engine',
  ),
  scan: box(750, 20, 200, 'theflash scan, sql', ['Arrow, Parquet, CSV, JSON'], 'ours'),
  serve: box(
    750,
    110,
    200,
    'theflash serve',
    ['TCP: Spark, other machines', 'HTTP: ClickHouse’s clients'],
    'ours',
  ),
  verify: box(510, 10, 170, 'theflash verify', ['value by value'], 'ours'),
} as const;

/** Draws it. Shape: one SVG, which looks the same on light and dark pages. */
export function drawPicture(): string {
  const { server, files, dump, write, engine, scan, serve, verify } = boxes;
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 262" font-family="sans-serif" role="img">',
    '<title>TheFlash: from MySQL to a ClickHouse copy, and to its readers</title>',
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">',
    '<path d="M0 0 8 4 0 8z" fill="#52525b"/></marker></defs>',
    '<rect width="960" height="262" fill="#ffffff"/>',
    ...[server, files, dump].map((from) => arrow(right(from), left(write))),
    arrow(right(write), left(engine)),
    ...[scan, serve].map((to) => arrow(right(engine), left(to))),
    arrow(bottom(verify), top(engine)),
    path(`M${verify.x} ${middle(verify)} H${server.x + server.width}`),
    ...Object.values(boxes).map(drawBox),
    '</svg>',
    '',
  ].join('\n');
}

function box(
  x: number,
  y: number,
  width: number,
  title: string,
  lines: readonly string[],
  kind: Box['kind'],
): Box {
  return { x, y, width, title, lines, kind };
}

function height({ lines }: Box): number {
  return 34 + lines.length * lineHeight;
}

type Point = readonly [x: number, y: number];

const middle = (each: Box): number => each.y + height(each) / 2;
const left = (each: Box): Point => [each.x, middle(each)];
const right = (each: Box): Point => [each.x + each.width, middle(each)];
const top = (each: Box): Point => [each.x + each.width / 2, each.y];
const bottom = (each: Box): Point => [each.x + each.width / 2, each.y + height(each)];

function arrow([x1, y1]: Point, [x2, y2]: Point): string {
  if (x1 === x2) return path(`M${x1} ${y1} V${y2}`);
  const half = (x1 + x2) / 2;
  return path(`M${x1} ${y1} C${half} ${y1} ${half} ${y2} ${x2} ${y2}`);
}

function path(d: string): string {
  return `<path d="${d}" fill="none" stroke="#52525b" stroke-width="1.5" marker-end="url(#tip)"/>`;
}

function drawBox(each: Box): string {
  const center = each.x + each.width / 2;
  const text = each.lines.map(
    (line, index) =>
      `<text x="${center}" y="${each.y + 42 + index * lineHeight}" font-size="13" fill="#3f3f46" text-anchor="middle">${line}</text>`,
  );
  return [
    `<rect x="${each.x}" y="${each.y}" width="${each.width}" height="${height(each)}" rx="6" fill="${fills[each.kind]}" stroke="${strokes[each.kind]}"/>`,
    `<text x="${center}" y="${each.y + 22}" font-size="15" font-weight="600" fill="#18181b" text-anchor="middle">${each.title}</text>`,
    ...text,
  ].join('\n');
}

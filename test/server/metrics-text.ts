import { spawnSync } from 'node:child_process';

/** A sample of Prometheus' text format. */
export interface TextSample {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** A page of `/metrics`, taken apart. */
export interface MetricsPage {
  samples: readonly TextSample[];
  types: ReadonlyMap<string, string>;
  /** What breaks the rules of the format, or those that `promtool check metrics` has for names. */
  problems: readonly string[];
}

const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const labelPair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/gy;

/** Units that are not base units, as promlint lists them (client_golang, prometheus/testutil/promlint). */
const badUnits =
  /(?:^|_)(?:milliseconds|microseconds|nanoseconds|ms|minutes|hours|days|kilobytes|kibibytes|megabytes|mebibytes|gigabytes|kb|kib|mb|mib|gb|percent|bits)(?:_|$)/;

/** Parses a page of metrics. Source: Prometheus documentation, "Exposition formats" and "Metric and label naming". */
export function parseMetrics(text: string): MetricsPage {
  const problems: string[] = [];
  const samples: TextSample[] = [];
  const types = new Map<string, string>();
  const helps = new Set<string>();
  if (!text.endsWith('\n')) problems.push('the last line has no end');
  for (const line of text.split('\n').slice(0, -1)) {
    const [, help = ''] = /^# HELP (\S+) \S/.exec(line) ?? [];
    const [, typed = '', type = ''] =
      /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line) ?? [];
    if (help !== '') helps.add(help);
    else if (typed !== '') {
      if (types.has(typed)) problems.push(`${typed} stands in two places`);
      types.set(typed, type);
    } else {
      const sample = parseSample(line);
      if (sample === undefined) problems.push(`no sample: ${line}`);
      else samples.push(sample);
    }
  }
  for (const [name, type] of types) {
    if (!helps.has(name)) problems.push(`${name} has no HELP`);
    problems.push(...nameProblems(name, type));
    if (type === 'histogram') problems.push(...histogramProblems(name, samples));
  }
  const seen = new Set<string>();
  for (const { name, labels } of samples) {
    const family = name.replace(/_(?:bucket|sum|count)$/, '');
    if (!types.has(name) && types.get(family) !== 'histogram') problems.push(`${name}: no TYPE`);
    const key = JSON.stringify([name, Object.entries(labels).sort()]);
    if (seen.has(key)) problems.push(`${key} comes twice`);
    seen.add(key);
  }
  return { samples, types, problems };
}

function parseSample(line: string): TextSample | undefined {
  const [, name = '', inner = '', text = ''] = sampleLine.exec(line) ?? [];
  const value = text === '+Inf' ? Infinity : Number(text);
  if (name === '' || Number.isNaN(value)) return undefined;
  const pairs = [...inner.matchAll(labelPair)];
  if (pairs.map(([whole]) => whole).join('') !== inner) return undefined;
  return {
    name,
    value,
    labels: Object.fromEntries(pairs.map(([, key = '', text = '']) => [key, text] as const)),
  };
}

function nameProblems(name: string, type: string): string[] {
  const bare = name.replace(/_total$/, '');
  return [
    ...((type === 'counter') === name.endsWith('_total') ? [] : [`${name}: _total and counters`]),
    ...(/^[a-z][a-z0-9_]*$/.test(name) ? [] : [`${name} is not in snake case`]),
    ...(badUnits.test(bare) ? [`${name} is not in base units`] : []),
    ...(/_(?:count|sum|bucket|info)$/.test(name) ? [`${name} has a suffix of others`] : []),
    ...(/(?:counter|gauge|histogram)/.test(name) ? [`${name} holds its type`] : []),
  ];
}

function histogramProblems(name: string, samples: readonly TextSample[]): string[] {
  const of = (suffix: string): TextSample[] =>
    samples.filter((sample) => sample.name === name + suffix);
  const buckets = of('_bucket');
  const problems: string[] = [];
  buckets.forEach(({ labels, value }, index) => {
    const before = buckets[index - 1];
    const isFirst = before === undefined || before.labels['le'] === '+Inf';
    if (!isFirst && before.value > value) problems.push(`${name} falls at ${labels['le'] ?? ''}`);
  });
  const ends = buckets.filter(({ labels }) => labels['le'] === '+Inf');
  const counts = of('_count').map(({ value }) => value);
  if (JSON.stringify(ends.map(({ value }) => value)) !== JSON.stringify(counts)) {
    problems.push(`${name}: +Inf is not the count`);
  }
  if (counts.length === 0 || of('_sum').length !== counts.length) problems.push(`${name}: no sum`);
  return problems;
}

/** What `promtool check …` says of a text or of files; undefined where it is not installed. */
export function runPromtool(
  args: readonly string[],
  input = '',
): { code: number | null; output: string } | undefined {
  const { error, status, stdout, stderr } = spawnSync('promtool', args, {
    input,
    encoding: 'utf8',
  });
  if (error !== undefined) return undefined;
  return { code: status, output: stdout + stderr };
}

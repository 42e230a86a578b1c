import { type Histogram } from '../protocol/index.js';

/** One metric, with a sample for each set of labels. */
export interface MetricFamily {
  /** Without `theflash_`, unless it begins with `process_`. */
  name: string;
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  samples: readonly Sample[];
}

export interface Sample {
  labels: Readonly<Record<string, string>>;
  value: number | Histogram;
}

/** A counter or gauge without labels. Without a value it has no sample. */
export function single(
  type: 'counter' | 'gauge',
  name: string,
  help: string,
  value: number | undefined,
): MetricFamily {
  return { type, name, help, samples: value === undefined ? [] : [{ labels: {}, value }] };
}

/**
 * Gives metrics in Prometheus' text format, version 0.0.4. Those without a sample are left out.
 *
 * Source: Prometheus documentation, "Exposition formats", text-based format.
 */
export function prometheusText(families: readonly MetricFamily[]): string {
  return families
    .filter(({ samples }) => samples.length > 0)
    .map((family) => `${familyLines(family).join('\n')}\n`)
    .join('');
}

function familyLines({ name, type, help, samples }: MetricFamily): string[] {
  const full = name.startsWith('process_') ? name : `theflash_${name}`;
  const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return [
    `# HELP ${full} ${escaped}`,
    `# TYPE ${full} ${type}`,
    ...samples.flatMap(({ labels, value }) =>
      typeof value === 'number'
        ? [`${full}${labelText(labels)} ${value}`]
        : histogramLines(full, labels, value),
    ),
  ];
}

function histogramLines(name: string, labels: Sample['labels'], histogram: Histogram): string[] {
  const counts = histogram.cumulative();
  const bucket = (le: string, count: number): string =>
    `${name}_bucket${labelText({ ...labels, le })} ${count}`;
  return [
    ...histogram.bounds.map((bound, index) => bucket(String(bound), counts[index] ?? 0)),
    bucket('+Inf', histogram.count),
    `${name}_sum${labelText(labels)} ${histogram.sum}`,
    `${name}_count${labelText(labels)} ${histogram.count}`,
  ];
}

function labelText(labels: Sample['labels']): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

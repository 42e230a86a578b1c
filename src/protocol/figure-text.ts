/** A byte count as people read it: `512 B`, `3.4 MB`. */
export function formatBytes(bytes: number): string {
  return bytes < 1000 ? `${Math.round(bytes)} B` : scale(bytes, ['kB', 'MB', 'GB', 'TB']);
}

/** A count as people read it: `512`, `3.4 M`. */
export function formatCount(count: number): string {
  return count < 1000 ? String(Math.round(count)) : scale(count, ['k', 'M', 'G', 'T']);
}

function scale(value: number, units: readonly string[]): string {
  let scaled = value / 1000;
  let index = 0;
  while (scaled >= 999.95 && index < units.length - 1) {
    scaled /= 1000;
    index += 1;
  }
  return `${scaled.toFixed(1)} ${units[index] ?? ''}`;
}

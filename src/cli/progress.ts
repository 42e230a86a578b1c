import cliProgress from 'cli-progress';
import { formatBytes, formatCount } from '../protocol/index.js';

/** How far long work has come, for people who watch it. */
export interface Progress {
  /** Units: those of `total`. `detail` is shown after the figures. */
  update(done: number, detail?: string): void;
  /** Takes the bar away, so that what is printed next starts on a clean line. May be called twice. */
  stop(): void;
}

export interface ProgressOptions {
  label: string;
  unit: 'bytes' | 'rows';
  /** The whole of the work, where it is known; without it there are figures and no bar. */
  total?: number;
  /** False under `--json` and wherever stderr must stay clean. */
  enabled: boolean;
  /** Defaults to stderr; nothing is drawn unless it is a terminal. */
  stream?: NodeJS.WriteStream;
}

/** Work that ends sooner is never given a bar. */
const quietMs = 700;

/** Starts a progress bar that shows itself only on a terminal, and only once work proves long. */
export function startProgress(options: ProgressOptions): Progress {
  const stream = options.stream ?? process.stderr;
  if (!options.enabled || !stream.isTTY) return silent;
  const startedMs = Date.now();
  const total = options.total;
  const figure = options.unit === 'bytes' ? formatBytes : formatCount;
  const bar = new cliProgress.SingleBar({
    stream,
    clearOnComplete: true,
    hideCursor: true,
    fps: 5,
    format: `${options.label} ${total === undefined ? '' : '{bar} {percentage}% '}{figures} {detail}`,
  });
  let shown = false;
  return {
    update(done, detail = ''): void {
      if (!shown && Date.now() - startedMs < quietMs) return;
      const seconds = (Date.now() - startedMs) / 1000;
      const figures = `${figure(done)} ${options.unit === 'rows' ? 'rows ' : ''}(${figure(done / seconds)}/s)`;
      const payload = { figures, detail };
      if (shown) bar.update(total === undefined ? 1 : Math.min(done, total), payload);
      else bar.start(total ?? 1, total === undefined ? 1 : Math.min(done, total), payload);
      shown = true;
    },
    stop(): void {
      if (shown) bar.stop();
      shown = false;
    },
  };
}

const silent: Progress = { update: () => undefined, stop: () => undefined };

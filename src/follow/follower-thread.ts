import { isMainThread, parentPort, workerData as given } from 'node:worker_threads';
import { joinEmbeddedEngine, type EngineHandle } from '../engine/index.js';
import { FlashError, type SourceFailure, type SourcePhase } from '../protocol/index.js';
import { commandsForSource, nameSource, type BatchFacts } from '../writer/index.js';
import { LagWatch, type LagLook } from './lag-watch.js';
import { followServer, type FollowOptions } from './follow-server.js';

/** What the thread is started with. */
export interface FollowerTask {
  engine: EngineHandle;
  options: FollowOptions;
}

/** What the thread says. `ended` is the last of it: without a failure the signal has ended it. */
export type FollowerReport =
  | { kind: 'phase'; phase: SourcePhase }
  | { kind: 'copy'; exists: boolean }
  | { kind: 'note'; line: string }
  | { kind: 'start'; sourceTimeMs: number }
  | { kind: 'committed'; sourceTimeMs: number; facts: BatchFacts }
  | { kind: 'look'; look: LagLook }
  | { kind: 'ended'; failure: SourceFailure | undefined };

/** Runs in a thread of its own: decoding must not hold up the event loop that answers readers. */
async function runThread(
  { engine: handle, options }: FollowerTask,
  report: (report: FollowerReport) => void,
  signal: AbortSignal,
): Promise<SourceFailure | undefined> {
  const ended = new AbortController();
  const watch = new LagWatch(options.source, options.defaults, (look) => {
    report({ kind: 'look', look });
  });
  try {
    const engine = joinEmbeddedEngine(handle);
    const watching = watch.run(AbortSignal.any([signal, ended.signal]));
    try {
      await followServer(nameSource(engine, options.sourceName), options, {
        signal,
        onPhase: (phase) => {
          report({ kind: 'phase', phase });
        },
        onCopy: (exists) => {
          report({ kind: 'copy', exists });
        },
        onNote: (line) => {
          report({ kind: 'note', line });
        },
        onStart: ({ sourceTimeMs, position }) => {
          report({ kind: 'start', sourceTimeMs });
          watch.moved(position);
        },
        onCommitted: ({ sourceTimeMs, position }, facts) => {
          report({ kind: 'committed', sourceTimeMs, facts });
          watch.moved(position);
        },
      });
    } finally {
      ended.abort();
      await watching;
      await engine.close();
    }
    return undefined;
  } catch (error) {
    return signal.aborted ? undefined : failureOf(error, options.sourceName);
  }
}

function failureOf(error: unknown, sourceName: string | undefined): SourceFailure {
  if (!(error instanceof FlashError)) {
    return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
  }
  const { code, message, hint, place } = error;
  const { file, offset } = place;
  const where =
    file === undefined || message.includes(file)
      ? ''
      : ` (${file}${offset === undefined ? '' : `:${offset}`})`;
  const toDo = hint === undefined ? undefined : commandsForSource(hint, sourceName);
  return { code, message: `${message}${where}`, hint: toDo };
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  const controller = new AbortController();
  port.once('message', () => {
    controller.abort();
  });
  // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- as startFollower gave it
  const task: FollowerTask = given;
  const report = (message: FollowerReport): void => {
    port.postMessage(message);
  };
  void runThread(task, report, controller.signal).then((failure) => {
    report({ kind: 'ended', failure });
    port.close();
  });
}

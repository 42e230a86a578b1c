import { isMainThread, parentPort, workerData as given } from 'node:worker_threads';
import { joinEmbeddedEngine, type EngineHandle } from '../engine/index.js';
import { FlashError, type SourceFailure, type SourcePhase } from '../protocol/index.js';
import { commandsForSource, nameSource } from '../writer/index.js';
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
  | { kind: 'committed'; sourceTimeMs: number | undefined }
  | { kind: 'ended'; failure: SourceFailure | undefined };

/** Runs in a thread of its own: decoding must not hold up the event loop that answers readers. */
async function runThread(
  { engine: handle, options }: FollowerTask,
  report: (report: FollowerReport) => void,
  signal: AbortSignal,
): Promise<SourceFailure | undefined> {
  try {
    const engine = joinEmbeddedEngine(handle);
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
        onCommitted: ({ sourceTimeMs }) => {
          report({ kind: 'committed', sourceTimeMs });
        },
      });
    } finally {
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

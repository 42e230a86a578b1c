import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { runTheflash } from '../cli/run-theflash.js';
import { makeEngineFolder } from '../commands/engine-folder.js';
import { dieWithParent, repositoryFolder } from '../servers/index.js';

/** Replays the recorded shop and serves it on a free port. */
export async function startServing(): Promise<{ endpoint: string; stop: () => Promise<void> }> {
  const shop = path.join(repositoryFolder, 'examples', 'shop');
  const logs = ['binlog.000001', 'binlog.000002'].map((name) => path.join(shop, name));
  const folder = await makeEngineFolder();
  const write = await runTheflash(['write', '--engine', folder.engine, '--binlog', ...logs]);
  if (write.exitCode !== 0) throw new Error(`The logs were not replayed: ${write.stderr}`);
  const cli = path.join(repositoryFolder, 'bin', 'run.js');
  const serve = ['serve', '--engine', folder.engine, '--listen', '127.0.0.1:0'];
  const [program = '', ...args] = [...dieWithParent(), process.execPath, cli, ...serve];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const stop = async (): Promise<void> => {
    child.kill();
    if (child.exitCode === null) await once(child, 'exit');
    await folder.remove();
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const endpoint = /^Listening on (.*)$/.exec(line)?.[1];
    if (endpoint !== undefined) return { endpoint, stop };
  }
  await stop();
  throw new Error('theflash serve did not start');
}

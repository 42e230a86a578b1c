import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Readable, type Writable } from 'node:stream';

/** How a page is looked at. Units: pixels of CSS. */
export interface Look {
  width: number;
  height: number;
  scheme: 'light' | 'dark';
  isPhone: boolean;
}

/** A page that is open in a Chromium without a window. */
export interface BrowserPage {
  /** What the console, the log and uncaught errors have said. */
  readonly complaints: readonly string[];
  look(look: Look): Promise<void>;
  /** Goes to an address and waits for it. A password in it is for the login that the server asks for. */
  open(address: string): Promise<void>;
  /** The value of an expression in the page; `hasLoad` where it leads to another page. */
  evaluate(expression: string, hasLoad?: boolean): Promise<unknown>;
  /** What is to be seen, or the whole page, as PNG. */
  picture(isWhole: boolean): Promise<Buffer>;
}

export interface Browser {
  newPage(): Promise<BrowserPage>;
  stop(): Promise<void>;
}

/** The program, where one is installed. */
export function findChromium(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  return names.find((name) => spawnSync(name, ['--version']).status === 0);
}

/** Starts Chromium without a window; it is spoken to by its DevTools protocol over a pipe, which opens no port. */
export async function startChromium(program: string): Promise<Browser> {
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-chromium-'));
  const child = spawn(
    program,
    [
      ...['--headless=new', '--remote-debugging-pipe', `--user-data-dir=${folder}`],
      // In a container there is no other user, and no room in /dev/shm.
      ...['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--hide-scrollbars'],
      ...['--no-first-run', '--disable-background-networking', 'about:blank'],
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
  );
  const channel = new Channel(child);
  return {
    newPage: () => openPage(channel),
    async stop(): Promise<void> {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

type Fields = Record<string, unknown>;
type OnEvent = (method: string, fields: Fields) => void;

/** Messages of the DevTools protocol: JSON, each ended by a byte 0. */
class Channel {
  readonly #out: Writable;
  readonly #waiting = new Map<
    number,
    { resolve: (fields: Fields) => void; reject: (error: Error) => void }
  >();
  readonly #listeners = new Map<string, OnEvent>();
  #lastId = 0;
  #rest = '';

  constructor(child: ChildProcess) {
    this.#out = child.stdio[3] as Writable;
    const input = child.stdio[4] as Readable;
    input.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.#rest + text).split('\0');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#take(JSON.parse(line) as Message);
    });
    const fail = (): void => {
      for (const { reject } of this.#waiting.values()) reject(new Error('Chromium has ended'));
    };
    child.once('exit', fail).once('error', fail);
    this.#out.on('error', fail);
  }

  listen(sessionId: string, onEvent: OnEvent): void {
    this.#listeners.set(sessionId, onEvent);
  }

  async send(method: string, params: Fields, sessionId?: string): Promise<Fields> {
    const id = (this.#lastId += 1);
    return await new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#out.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  #take({ id, result, error, method, params, sessionId }: Message): void {
    if (id === undefined) {
      this.#listeners.get(sessionId ?? '')?.(method ?? '', params ?? {});
      return;
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result ?? {});
    else waiting?.reject(new Error(error.message));
  }
}

interface Message {
  id?: number;
  result?: Fields;
  error?: { message: string };
  method?: string;
  params?: Fields;
  sessionId?: string;
}

async function openPage(channel: Channel): Promise<BrowserPage> {
  const { targetId } = await channel.send('Target.createTarget', { url: 'about:blank' });
  const attached = await channel.send('Target.attachToTarget', { targetId, flatten: true });
  const sessionId = String(attached['sessionId']);
  const send = (method: string, params: Fields = {}): Promise<Fields> =>
    channel.send(method, params, sessionId);
  const complaints: string[] = [];
  let onLoad: (() => void) | undefined;
  channel.listen(sessionId, (method, fields) => {
    if (method === 'Page.loadEventFired') onLoad?.();
    if (complainers.has(method)) complaints.push(JSON.stringify(fields));
  });
  for (const domain of ['Page', 'Runtime', 'Log']) await send(`${domain}.enable`);
  const loaded = async (act: () => Promise<Fields>): Promise<Fields> => {
    const done = new Promise<void>((resolve) => {
      onLoad = resolve;
    });
    const fields = await act();
    await done;
    return fields;
  };
  return {
    complaints,
    async look({ width, height, scheme, isPhone }): Promise<void> {
      const features = [{ name: 'prefers-color-scheme', value: scheme }];
      await send('Emulation.setEmulatedMedia', { features });
      const metrics = { width, height, deviceScaleFactor: 1, mobile: isPhone };
      await send('Emulation.setDeviceMetricsOverride', metrics);
    },
    async open(address): Promise<void> {
      const { errorText } = await loaded(() => send('Page.navigate', { url: address }));
      if (typeof errorText === 'string') throw new Error(`${errorText}: ${address}`);
    },
    async evaluate(expression, hasLoad = false): Promise<unknown> {
      const act = (): Promise<Fields> =>
        send('Runtime.evaluate', { expression, returnByValue: true });
      const { result, exceptionDetails } = await (hasLoad ? loaded(act) : act());
      if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
      return (result as Fields)['value'];
    },
    async picture(isWhole): Promise<Buffer> {
      const options = { format: 'png', captureBeyondViewport: isWhole };
      const { data } = await send('Page.captureScreenshot', options);
      return Buffer.from(String(data), 'base64');
    },
  };
}

const complainers: ReadonlySet<string> = new Set([
  'Log.entryAdded',
  'Runtime.consoleAPICalled',
  'Runtime.exceptionThrown',
]);

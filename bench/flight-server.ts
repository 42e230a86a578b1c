// A trial, not a door: the rows of a query as Arrow Flight gives them (DoGet), by @grpc/grpc-js over the same scans.
// Usage: flight-server.ts FOLDER SQL; prints its address, and ends with its standard input.
// Source of the format: Apache Arrow, format/Flight.proto, message FlightData.
import { Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js';
import { openEmbeddedEngine } from '../src/engine/embedded/index.js';

const [folder = '', sql = ''] = process.argv.slice(2);
const prefixBytes = 8;
const dataHeaderTag = 0x12;
/** Field 1000, of the wire type that has a length. */
const dataBodyTag = [0xc2, 0x3e] as const;

const engine = await openEmbeddedEngine(folder);
const server = new Server({ 'grpc.max_send_message_length': -1 });
const method = {
  path: '/arrow.flight.protocol.FlightService/DoGet',
  requestStream: false,
  responseStream: true,
  requestDeserialize: (bytes: Buffer) => bytes,
  requestSerialize: (bytes: Buffer) => bytes,
  responseSerialize: (bytes: Buffer) => bytes,
  responseDeserialize: (bytes: Buffer) => bytes,
};
server.addService({ doGet: method }, { doGet: (call: Call) => void answer(call) });
const port = await new Promise<number>((resolve, reject) => {
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
    if (error === null) resolve(bound);
    else reject(error);
  });
});
console.log(`Listening on 127.0.0.1:${port}`);
process.stdin.resume().on('end', () => {
  server.forceShutdown();
  void engine.close();
});

type Call = ServerWritableStream<Buffer, Buffer>;

async function answer(call: Call): Promise<void> {
  for await (const { bytes } of await engine.query(sql)) {
    // As gRPC's own servers do: no more is read than the client takes.
    if (!call.write(flightData(bytes))) await new Promise((resolve) => call.once('drain', resolve));
  }
  call.end();
}

/** Frames a message of Arrow IPC, which is copied once: the engine's memory is good until the next is asked for. */
function flightData(message: Uint8Array): Buffer {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const headerBytes = view.getInt32(4, true);
  const header = message.subarray(prefixBytes, prefixBytes + headerBytes);
  const body = message.subarray(prefixBytes + headerBytes);
  const fields = [dataHeaderTag, ...varint(header.length)];
  const more = [...dataBodyTag, ...varint(body.length)];
  return Buffer.concat([Buffer.from(fields), header, Buffer.from(more), body]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}

import { FlashCommand } from '../cli/index.js';
import { FlashError } from '../protocol/index.js';
import { hashPassword } from '../server/index.js';

export default class HashPassword extends FlashCommand {
  static override summary = 'Hash a password for the users file of serve.';

  static override description =
    'Reads the password from stdin, its first line, and prints what stands as "password" in the file of --users-file.';

  static override baseFlags = {};

  static override examples = [
    'openssl rand -base64 24 | tee grafana.password | <%= config.bin %> <%= command.id %>',
  ];

  async run(): Promise<{ password: string }> {
    await this.parse(HashPassword);
    const pieces: Buffer[] = [];
    for await (const piece of process.stdin) pieces.push(Buffer.from(piece as Uint8Array));
    const [line = ''] = Buffer.concat(pieces).toString('utf8').split(/\r?\n/);
    if (line.length < lengthMin) {
      throw new FlashError(
        'INVALID_REQUEST',
        `The password has ${line.length} characters, at least ${lengthMin} are needed`,
        { hint: 'Make one with: openssl rand -base64 24' },
      );
    }
    const password = await hashPassword(line);
    if (!this.jsonEnabled()) this.log(password);
    return { password };
  }
}

/** A shorter one can be guessed over the network. */
const lengthMin = 12;

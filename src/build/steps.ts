/** Where the steps of a build are shown. */
export interface StepOutput {
  write(text: string): unknown;
}

/** Shows the steps of a build as they run, each with its time; a failed one is marked as such. */
export class Steps {
  readonly #output: StepOutput;

  constructor(output: StepOutput) {
    this.#output = output;
  }

  /** Runs one step, and gives what it gives. */
  async run<T>(title: string, work: () => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    this.#output.write(`  ${title} ... `);
    try {
      const result = await work();
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
      this.#output.write(`done (${seconds} s)\n`);
      return result;
    } catch (error) {
      this.#output.write('failed\n');
      throw error;
    }
  }

  /** Shows a line that is no step. */
  note(text: string): void {
    this.#output.write(`${text}\n`);
  }
}

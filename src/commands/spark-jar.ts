import path from 'node:path';
import { Flags } from '@oclif/core';
import {
  buildSparkJar,
  projectRoot,
  scalaVersions,
  type SparkJar as BuiltJar,
  sparkVersions,
  Steps,
} from '../build/index.js';
import { FlashCommand } from '../cli/index.js';

/** What `--json` gives. */
interface SparkJarResult extends BuiltJar {
  /** Starts a shell that has the connector. */
  shell: string;
}

export default class SparkJar extends FlashCommand {
  static override summary = 'Build the Spark connector, and say how to use it.';

  static override description =
    'Compiles spark-connector/ with Maven, which downloads Spark the first time, and prints the ' +
    "jar's path; where the package is read-only, in a cache folder (XDG_CACHE_HOME). Needs a JDK of version 17 or later, and Maven. docs/spark.md is its manual.";

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --spark 4.2',
    'spark-shell --jars "$(<%= config.bin %> <%= command.id %> --quiet)"',
  ];

  static override flags = {
    spark: Flags.option({
      options: sparkVersions,
      summary: 'Version of Spark.',
      default: '3.5',
    })(),
    scala: Flags.option({
      options: scalaVersions,
      summary: "Version of Spark's Scala; the one of Spark's own download unless given.",
    })(),
    shaded: Flags.boolean({
      summary: 'Bring an Arrow of its own, for a Spark whose Arrow is not Apache Spark’s.',
    }),
    quiet: Flags.boolean({
      char: 'q',
      summary: "Print the jar's path alone.",
    }),
  };

  async run(): Promise<SparkJarResult> {
    const { flags } = await this.parse(SparkJar);
    const steps = new Steps(process.stderr);
    const built = await buildSparkJar({
      root: projectRoot,
      spark: flags.spark,
      scala: flags.scala,
      shaded: flags.shaded,
      steps,
      searchPath: process.env['PATH'] ?? '',
      cacheFolder: this.config.cacheDir,
    });
    const shell = `spark-shell --jars ${path.relative(process.cwd(), built.jar)}`;
    this.log(flags.quiet ? built.jar : `${built.jar}\n\n  ${shell}`);
    return { ...built, shell };
  }
}

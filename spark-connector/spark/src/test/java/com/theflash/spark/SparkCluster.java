package com.theflash.spark;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A standalone cluster on this machine: a master, and two workers of a core each. The workers have
 * two addresses, because Spark runs no speculative copy on the host of the first attempt.
 */
final class SparkCluster implements AutoCloseable {
  private static final List<String> WORKER_HOSTS = List.of("127.0.0.2", "127.0.0.3");
  private static final Pattern MASTER = Pattern.compile("Starting Spark master at (spark://\\S+)");

  /** Spark's own, which says what the test's own settings silence. */
  private static final String SPARK_LOG = "org/apache/spark/log4j2-defaults.properties";

  private static final Path SETPRIV = Path.of("/usr/bin/setpriv");

  private final Path folder;
  private final List<Process> processes = new ArrayList<>();
  private final String master;

  private SparkCluster(Path folder) throws IOException, InterruptedException {
    this.folder = folder;
    try {
      // Workers look for Spark's own jars there; executors get this test's class path instead.
      Files.createDirectory(folder.resolve("jars"));
      this.master = startMaster();
      for (String host : WORKER_HOSTS) {
        startWorker(host);
      }
    } catch (IOException | InterruptedException | RuntimeException | AssertionError error) {
      close();
      throw error;
    }
  }

  static SparkCluster start() throws IOException, InterruptedException {
    return new SparkCluster(Files.createTempDirectory("theflash-cluster-"));
  }

  /** What a session needs to run its tasks here: an executor of one core on each worker. */
  Map<String, String> configuration() {
    return Map.of(
        "spark.master",
        master,
        "spark.cores.max",
        String.valueOf(WORKER_HOSTS.size()),
        "spark.executor.cores",
        "1",
        "spark.executor.memory",
        "512m",
        "spark.executor.extraClassPath",
        System.getProperty("java.class.path"),
        "spark.executor.extraJavaOptions",
        "-Duser.timezone=UTC -XX:TieredStopAtLevel=1",
        "spark.executorEnv.SPARK_SCALA_VERSION",
        scala.util.Properties.versionNumberString(),
        "spark.scheduler.minRegisteredResourcesRatio",
        "1.0");
  }

  /**
   * Kills an executor at once, as a crash would.
   *
   * @param pid of a process that this cluster started
   */
  void killExecutor(long pid) {
    ProcessHandle executor =
        executors().filter(each -> each.pid() == pid).findFirst().orElseThrow();
    assertTrue(executor.destroyForcibly());
  }

  /** Sessions that use it must have been stopped. */
  @Override
  public void close() {
    List<ProcessHandle> all = new ArrayList<>(executors().toList());
    processes.forEach(each -> all.add(each.toHandle()));
    all.forEach(ProcessHandle::destroyForcibly);
    // What the workers started is not this process's child, and may take a moment longer.
    all.forEach(each -> each.onExit().orTimeout(180, TimeUnit.SECONDS).join());
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private Stream<ProcessHandle> executors() {
    return processes.stream().flatMap(Process::descendants);
  }

  private String startMaster() throws IOException, InterruptedException {
    Path log = folder.resolve("master.log");
    start("master.Master", "127.0.0.1", log, List.of("--host", "127.0.0.1", "--port", "0"));
    return awaitLine(log, MASTER).group(1);
  }

  private void startWorker(String host) throws IOException, InterruptedException {
    Path log = folder.resolve(host + ".log");
    List<String> flags =
        List.of("--host", host, "--port", "0", "--cores", "1", "--memory", "1g", "--work-dir");
    List<String> words = new ArrayList<>(flags);
    words.addAll(List.of(folder.resolve(host).toString(), master));
    start("worker.Worker", host, log, words);
    awaitLine(log, Pattern.compile("Successfully registered with master"));
  }

  private void start(String main, String host, Path log, List<String> words) throws IOException {
    List<String> all = new ArrayList<>();
    all.addAll(List.of("org.apache.spark.deploy." + main, "--webui-port", "0"));
    all.addAll(words);
    ProcessBuilder builder =
        java(List.of("-Xmx256m", "-Dlog4j2.configurationFile=classpath:" + SPARK_LOG), all);
    builder.environment().put("SPARK_HOME", folder.toString());
    builder.environment().put("SPARK_LOCAL_IP", host);
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    processes.add(builder.start());
  }

  /**
   * A JVM of this test's class path, with what Spark needs opened of Java. The kernel ends it when
   * the tests are killed.
   */
  static ProcessBuilder java(List<String> flags, List<String> words) {
    List<String> command = new ArrayList<>();
    if (Files.isExecutable(SETPRIV)) {
      command.addAll(List.of(SETPRIV.toString(), "--pdeathsig", "KILL", "--"));
    }
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(each -> each.startsWith("--add-opens=") || each.startsWith("-Dio.netty."))
        .forEach(command::add);
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.addAll(flags);
    command.addAll(words);
    return new ProcessBuilder(command);
  }

  private Matcher awaitLine(Path log, Pattern pattern) throws IOException, InterruptedException {
    Process process = processes.get(processes.size() - 1);
    for (long endMs = System.currentTimeMillis() + 180_000; ; ) {
      boolean ended = !process.isAlive() || System.currentTimeMillis() > endMs;
      String text = Files.readString(log);
      Matcher matcher = pattern.matcher(text);
      if (matcher.find()) {
        return matcher;
      }
      assertTrue(!ended, () -> pattern + " is not in the log of Spark's process: " + text);
      Thread.sleep(20);
    }
  }
}

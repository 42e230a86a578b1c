package com.theflash.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A real {@code theflash serve} on a free port of this machine, over an engine folder that goes
 * with it.
 */
public final class ServeProcess implements AutoCloseable {
  private static final Path ROOT =
      Path.of(System.getProperty("theflash.root")).toAbsolutePath().normalize();

  private static final Path SETPRIV = Path.of("/usr/bin/setpriv");

  private final Path folder;
  private final boolean ownsFolder;
  private final Process process;
  private final Endpoint endpoint;

  private ServeProcess(Path folder, boolean ownsFolder, Process process, Endpoint endpoint) {
    this.folder = folder;
    this.ownsFolder = ownsFolder;
    this.process = process;
    this.endpoint = endpoint;
  }

  /** Serves an empty engine. */
  public static ServeProcess start(String... flags) throws IOException {
    return serve(Files.createTempDirectory("theflash-spark-"), true, flags);
  }

  /** Replays binary logs by {@code theflash write}, then serves the engine. */
  public static ServeProcess startWithLogs(Path... logs) throws IOException {
    Path folder = Files.createTempDirectory("theflash-spark-");
    List<String> command = command("write", "--engine", folder.resolve("engine").toString());
    // A recorded log need not be the first one of its server.
    command.add("--partial");
    command.add("--binlog");
    for (Path log : logs) {
      command.add(log.toString());
    }
    Process write =
        new ProcessBuilder(command)
            .directory(ROOT.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("write.log").toFile())
            .start();
    if (waitFor(write) != 0) {
      throw new IOException(
          "theflash write failed: " + Files.readString(folder.resolve("write.log")));
    }
    return serve(folder, true);
  }

  /** Serves the folder of another server, which must have ended. */
  public static ServeProcess restart(ServeProcess ended) throws IOException {
    return serve(ended.folder, false, "--listen", ended.endpoint.toString());
  }

  /** The repository's root. */
  public static Path root() {
    return ROOT;
  }

  public Endpoint endpoint() {
    return endpoint;
  }

  public FlashClient client() {
    return new FlashClient(List.of(endpoint), ClientOptions.defaults());
  }

  public void execute(String sql) {
    try {
      client().execute(sql);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  /** How many scans and queries run, and how many writes are open. */
  public int openRequests() {
    try {
      JsonNode status = client().status();
      return status.path("openScans").size() + status.path("openWrites").asInt();
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  /** Kills the server at once, as a crash would. */
  public void kill() {
    process.destroyForcibly();
    waitFor(process);
  }

  @Override
  public void close() throws IOException {
    kill();
    if (ownsFolder) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(each);
        }
      }
    }
  }

  private static ServeProcess serve(Path folder, boolean ownsFolder, String... flags)
      throws IOException {
    List<String> command = command("serve", "--engine", folder.resolve("engine").toString());
    if (!List.of(flags).contains("--listen")) {
      command.addAll(List.of("--listen", "127.0.0.1:0"));
    }
    command.addAll(List.of(flags));
    Process process =
        new ProcessBuilder(command)
            .directory(ROOT.toFile())
            .redirectError(folder.resolve("serve.log").toFile())
            .start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String prefix = "Listening on ";
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      if (line.startsWith(prefix)) {
        Endpoint endpoint = Endpoint.parse(line.substring(prefix.length()));
        return new ServeProcess(folder, ownsFolder, process, endpoint);
      }
    }
    throw new IOException("No server: " + Files.readString(folder.resolve("serve.log")));
  }

  private static List<String> command(String... words) {
    List<String> command = new ArrayList<>();
    if (Files.isExecutable(SETPRIV)) {
      // The kernel ends it when the tests are killed.
      command.addAll(List.of(SETPRIV.toString(), "--pdeathsig", "KILL", "--"));
    }
    command.addAll(List.of("node", "bin/run.js"));
    command.addAll(List.of(words));
    return command;
  }

  private static int waitFor(Process process) {
    try {
      if (process.waitFor(180, TimeUnit.SECONDS)) {
        return process.exitValue();
      }
      process.destroyForcibly();
      throw new IllegalStateException("a program does not end: " + process.info());
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(error);
    }
  }
}

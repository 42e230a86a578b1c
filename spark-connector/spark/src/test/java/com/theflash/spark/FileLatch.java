package com.theflash.spark;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeoutException;

/**
 * Events that processes of this machine tell each other: files of a folder. Each event has a text,
 * and happens once.
 */
final class FileLatch implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final long WAIT_MS_MAX = 270_000;
  private static final long WAIT_MS = 10;

  private final String folder;

  FileLatch(Path folder) {
    this.folder = folder.toString();
  }

  void tell(String event, String text) throws IOException {
    Path part = Files.createTempFile(Path.of(folder), "part", "");
    Files.writeString(part, text);
    Files.move(part, file(event), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Lets all go on that wait for one of the events. */
  void release(String... events) throws IOException {
    for (String each : events) {
      if (!wasTold(each)) {
        tell(each, "");
      }
    }
  }

  private boolean wasTold(String event) {
    return Files.exists(file(event));
  }

  /**
   * Gives the event's text.
   *
   * @throws TimeoutException where it does not come
   */
  String await(String event) throws IOException, InterruptedException, TimeoutException {
    long endMs = System.currentTimeMillis() + WAIT_MS_MAX;
    while (!wasTold(event)) {
      if (System.currentTimeMillis() > endMs) {
        throw new TimeoutException(event + " never came");
      }
      Thread.sleep(WAIT_MS);
    }
    return Files.readString(file(event));
  }

  private Path file(String event) {
    return Path.of(folder, event);
  }
}

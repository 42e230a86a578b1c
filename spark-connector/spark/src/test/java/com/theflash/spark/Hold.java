package com.theflash.spark;

import java.io.IOException;
import java.util.Iterator;
import java.util.concurrent.TimeoutException;
import java.util.function.ToLongFunction;
import org.apache.spark.TaskContext;

/**
 * Holds the first attempts of tasks still in the midst of their rows, until something happens. Each
 * tells before that it holds, with its process id.
 */
final class Hold {
  static final String GO = "go";

  /** Does not happen: the task holds still until it is killed. */
  static final String NEVER = "never";

  private final FileLatch latch;
  private final long rowsBefore;
  private final String[] until;
  private long rows;

  /**
   * @param until for partition 0, 1 and so on what it waits for; others go on
   */
  Hold(FileLatch latch, long rowsBefore, String... until) {
    this.latch = latch;
    this.rowsBefore = rowsBefore;
    this.until = until.clone();
  }

  /** The event that a partition's first attempt holds still. */
  static String held(int partition) {
    return "held " + partition;
  }

  /** Gives a value of each element, and holds still between two of them. */
  <T> Iterator<Long> iterate(Iterator<T> input, ToLongFunction<T> value) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return input.hasNext();
      }

      @Override
      public Long next() {
        pass();
        return value.applyAsLong(input.next());
      }
    };
  }

  private void pass() {
    rows += 1;
    TaskContext task = TaskContext.get();
    int partition = task.partitionId();
    if (rows != rowsBefore || task.attemptNumber() > 0 || partition >= until.length) {
      return;
    }
    try {
      latch.tell(held(partition), String.valueOf(ProcessHandle.current().pid()));
      latch.await(until[partition]);
    } catch (IOException | TimeoutException error) {
      throw new IllegalStateException(error);
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("killed while it held still", error);
    }
  }
}

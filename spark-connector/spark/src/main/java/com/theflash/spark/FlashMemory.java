package com.theflash.spark;

import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/** The Arrow memory of this JVM: one root, and of it a child for each task. */
public final class FlashMemory {
  private static final RootAllocator ROOT = new RootAllocator(Long.MAX_VALUE);

  /** Two batches of the largest size that a server sends. */
  private static final long TASK_BYTES_MAX = 2L << 30;

  private FlashMemory() {}

  static BufferAllocator root() {
    return ROOT;
  }

  /**
   * A child for one task, with a bound; it must be closed, and tells then what was not given back.
   */
  public static BufferAllocator newTaskAllocator(String name) {
    return ROOT.newChildAllocator(name, 0, TASK_BYTES_MAX);
  }

  /** Bytes that tasks hold now: 0 when none runs. */
  public static long allocatedBytes() {
    return ROOT.getAllocatedMemory();
  }
}

package com.theflash.spark;

import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/** The Arrow memory of this JVM: one root, and of it a child for each reader. */
public final class FlashMemory {
  private static final RootAllocator ROOT = new RootAllocator(Long.MAX_VALUE);

  /** Two batches of the largest size that a server sends. */
  private static final long READER_BYTES_MAX = 2L << 30;

  private FlashMemory() {}

  static BufferAllocator root() {
    return ROOT;
  }

  static BufferAllocator newReaderAllocator(String name) {
    return ROOT.newChildAllocator(name, 0, READER_BYTES_MAX);
  }

  /** Bytes that readers hold now: 0 when none runs. */
  public static long allocatedBytes() {
    return ROOT.getAllocatedMemory();
  }
}

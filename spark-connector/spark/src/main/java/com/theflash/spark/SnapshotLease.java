package com.theflash.spark;

import com.theflash.client.FlashClient;
import com.theflash.client.FlashException;
import java.lang.ref.Cleaner;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A snapshot that the server made for a scan, held while the driver can still read it.
 *
 * <p>A DataFrame may be collected again, cached, or turned into an RDD long after its first job, so
 * the snapshot goes when the driver has forgotten the scan and its partitions: at a garbage
 * collection, or at the end of the JVM. What is missed then ends on the server by itself.
 */
final class SnapshotLease {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotLease.class);
  private static final Cleaner CLEANER = Cleaner.create();
  private static final Set<Drop> HELD = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> HELD.forEach(Drop::run)));
  }

  private final String name;

  private SnapshotLease(String name) {
    this.name = name;
  }

  static SnapshotLease hold(FlashClient shard, String name) {
    SnapshotLease lease = new SnapshotLease(name);
    Drop drop = new Drop(shard, name);
    HELD.add(drop);
    CLEANER.register(lease, drop);
    return lease;
  }

  String name() {
    return name;
  }

  /** Must not refer to the lease, which would never be forgotten then. */
  private record Drop(FlashClient shard, String name) implements Runnable {
    @Override
    public void run() {
      if (!HELD.remove(this)) {
        return;
      }
      try {
        shard.execute("DROP SNAPSHOT IF EXISTS " + SqlText.quoteName(name));
      } catch (FlashException error) {
        LOG.warn("Snapshot {} stays until it expires: {}", name, error.getMessage());
      }
    }
  }
}

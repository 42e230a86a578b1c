package com.theflash.spark.write;

import com.theflash.client.ArrowResult;
import com.theflash.client.FlashClient;
import com.theflash.client.FlashException;
import com.theflash.spark.FlashMemory;
import com.theflash.spark.SqlText;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.memory.BufferAllocator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A live job's hold on its staging table. The driver renews it several times within its term, by
 * setting the table's comment, whose time the server keeps by its own clock. What a killed driver
 * left is renewed no more, and goes with the next job that writes to its database.
 *
 * <p>A driver that slept through its whole term loses the table; its job then fails, with nothing
 * written: commits read the table in one statement.
 */
public final class StagingLease implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StagingLease.class);
  private static final String COMMENT = "theflash-spark, lease of ";
  private static final int RENEWALS_PER_TERM = 6;

  private static final ScheduledExecutorService RENEWALS =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "theflash-staging-leases");
            thread.setDaemon(true);
            return thread;
          });

  private final ScheduledFuture<?> renewal;

  private StagingLease(ScheduledFuture<?> renewal) {
    this.renewal = renewal;
  }

  /** Gives the comment that a staging table is made with. */
  public static String comment(int leaseSeconds, String owner) {
    return COMMENT + leaseSeconds + " s, application " + owner;
  }

  /** Keeps a table until the lease is closed, or this JVM ends. */
  public static StagingLease hold(
      FlashClient client, String tableSql, String comment, int leaseSeconds) {
    String renew = "ALTER TABLE " + tableSql + " MODIFY COMMENT " + SqlText.quoteText(comment);
    long intervalMs = TimeUnit.SECONDS.toMillis(leaseSeconds) / RENEWALS_PER_TERM;
    Runnable renewal =
        () -> {
          try {
            client.execute(renew);
          } catch (FlashException error) {
            // The next renewal may come through; the job itself tells of a server that is gone.
            LOG.warn("The lease of {} was not renewed: {}", tableSql, error.getMessage());
          }
        };
    return new StagingLease(
        RENEWALS.scheduleWithFixedDelay(renewal, intervalMs, intervalMs, TimeUnit.MILLISECONDS));
  }

  /** Drops the staging tables of a database whose leases ended. */
  static void dropAbandoned(FlashClient client, String database) throws FlashException {
    for (String name : findAbandoned(client, database)) {
      String tableSql = SqlText.quoteName(database) + "." + SqlText.quoteName(name);
      try {
        client.execute("DROP TABLE IF EXISTS " + tableSql);
        LOG.info("Dropped {}, which a killed driver left", tableSql);
      } catch (FlashException error) {
        // It is in nobody's way: this job has a table of its own.
        LOG.warn("{}, which a killed driver left, stays: {}", tableSql, error.getMessage());
      }
    }
  }

  @Override
  public void close() {
    renewal.cancel(false);
  }

  private static List<String> findAbandoned(FlashClient client, String database)
      throws FlashException {
    String term = "toUInt64OrNull(extract(comment, '^" + COMMENT + "([0-9]+) s'))";
    String sql =
        "SELECT name FROM system.tables WHERE database = "
            + SqlText.quoteText(database)
            + " AND startsWith(name, '"
            + StagingTable.PREFIX
            + "') AND dateDiff('second', metadata_modification_time, now()) > "
            + term;
    List<String> names = new ArrayList<>();
    try (BufferAllocator allocator = FlashMemory.newTaskAllocator("abandoned staging tables");
        ArrowResult result = client.query(sql, allocator)) {
      while (result.next()) {
        for (int row = 0; row < result.root().getRowCount(); row += 1) {
          names.add(result.root().getVector(0).getObject(row).toString());
        }
      }
    }
    return names;
  }
}

package com.theflash.spark;

import com.theflash.client.FlashClient;
import com.theflash.client.FlashException;
import java.util.List;

/** Statements for all shards of a table. Each shard runs them by itself, one after another. */
final class Shards {
  private Shards() {}

  /**
   * Nothing is run where a shard does not answer. One that fails leaves those before it changed.
   */
  static void executeOnAll(List<FlashClient> shards, String sql) throws FlashException {
    if (shards.size() > 1) {
      for (FlashClient each : shards) {
        each.status();
      }
    }
    for (FlashClient each : shards) {
      each.execute(sql);
    }
  }

  /** Empties a table. No shard does so where one has no such table, or does not answer. */
  static void truncate(List<FlashClient> shards, TableName name) throws FlashException {
    for (FlashClient each : shards) {
      each.describeTable(name.database(), name.table(), false);
    }
    executeOnAll(shards, "TRUNCATE TABLE " + name.sql());
  }
}

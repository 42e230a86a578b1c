package com.theflash.spark;

import com.theflash.client.FlashClient;
import com.theflash.client.FlashException;
import com.theflash.spark.write.StagingLease;
import com.theflash.spark.write.StagingTable;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.SparkEnv;
import org.apache.spark.sql.connector.catalog.StagedTable;
import org.apache.spark.sql.connector.catalog.SupportsWrite;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.write.LogicalWriteInfo;
import org.apache.spark.sql.connector.write.WriteBuilder;
import org.apache.spark.sql.types.StructType;

/**
 * CREATE and REPLACE TABLE … AS SELECT: a table is filled beside the one that it becomes, and takes
 * its place when it is whole. Until then, and where it fails, the old one stays as it is.
 */
final class ReplacedTable implements StagedTable, SupportsWrite {
  private final FlashOptions options;
  private final Map<String, String> optionTexts;
  private final TableName target;
  private final TableName side;
  private final boolean replaces;
  private final List<StagingLease> leases = new ArrayList<>();
  private CreateTable definition;
  private FlashTable table;

  /**
   * @param replaces a table of the target's name is there
   */
  ReplacedTable(
      FlashOptions options,
      Map<String, String> optionTexts,
      TableName target,
      CreateTable definition,
      boolean replaces) {
    this.options = options;
    this.optionTexts = optionTexts;
    this.target = target;
    this.side = new TableName(target.database(), StagingTable.newName());
    this.definition = definition;
    this.replaces = replaces;
  }

  /** Makes the side table, on each shard. */
  private FlashTable create() throws FlashException {
    if (table == null) {
      int leaseSeconds = options.stagingLeaseSeconds();
      String lease = StagingLease.comment(leaseSeconds, SparkEnv.get().conf().getAppId());
      Shards.executeOnAll(options.clients(), definition.sql(side, lease));
      for (FlashClient each : options.clients()) {
        leases.add(StagingLease.hold(each, side.sql(), lease, leaseSeconds));
      }
      table = FlashTable.load(options, optionTexts, side).titled(target);
    }
    return table;
  }

  @Override
  public String name() {
    return target.toString();
  }

  @Override
  @Deprecated
  public StructType schema() {
    return definition.schema();
  }

  @Override
  public Set<TableCapability> capabilities() {
    return Set.of(TableCapability.BATCH_WRITE, TableCapability.TRUNCATE);
  }

  /** A DataFrame's options, the key among them, come with its rows. */
  @Override
  public WriteBuilder newWriteBuilder(LogicalWriteInfo write) {
    try {
      definition = definition.withKey(write.options().get(TableProperties.PRIMARY_KEY));
      return create().newWriteBuilder(write);
    } catch (FlashException error) {
      throw new UncheckedIOException(error);
    }
  }

  /** Each statement is seen whole or not at all; a lease that ends would take the new table. */
  @Override
  public void commitStagedChanges() {
    try {
      create();
      leases.forEach(StagingLease::close);
      List<FlashClient> shards = options.clients();
      if (replaces) {
        Shards.executeOnAll(shards, "EXCHANGE TABLES " + side.sql() + " AND " + target.sql());
        Shards.executeOnAll(shards, "DROP TABLE IF EXISTS " + side.sql());
      } else {
        Shards.executeOnAll(shards, "RENAME TABLE " + side.sql() + " TO " + target.sql());
      }
      Shards.executeOnAll(
          shards,
          "ALTER TABLE "
              + target.sql()
              + " MODIFY COMMENT "
              + SqlText.quoteText(definition.comment()));
    } catch (FlashException error) {
      throw new UncheckedIOException(error);
    }
  }

  @Override
  public void abortStagedChanges() {
    leases.forEach(StagingLease::close);
    try {
      Shards.executeOnAll(options.clients(), "DROP TABLE IF EXISTS " + side.sql());
    } catch (FlashException error) {
      throw new UncheckedIOException(error);
    }
  }
}

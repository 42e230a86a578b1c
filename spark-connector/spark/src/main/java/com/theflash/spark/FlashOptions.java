package com.theflash.spark;

import com.theflash.client.ClientOptions;
import com.theflash.client.Endpoint;
import com.theflash.client.FlashClient;
import com.theflash.client.FlashException;
import com.theflash.client.PlanRequest;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * The options of a read or of a catalog, checked: docs/spark.md, "Options".
 *
 * @param shards for each shard its copies
 * @param splitsMin least partitions; 0 for Spark's default parallelism
 * @param snapshot null for one of each scan's own
 * @param changes read what changed in the table instead of its rows
 * @param changesFrom null for all rows, else the version after which changes are read
 * @param snapshotSeconds how long a stream's snapshot outlives its driver
 * @param stagingLeaseSeconds how long the staging table of a write outlives its driver
 * @param unsupportedColumns what becomes of columns whose type Spark has no place for
 */
record FlashOptions(
    List<List<Endpoint>> shards,
    ClientOptions client,
    int splitsMin,
    int splitsMax,
    long splitBytes,
    String snapshot,
    boolean changes,
    Long changesFrom,
    int snapshotSeconds,
    boolean pushFilters,
    boolean pushAggregates,
    boolean pushLimit,
    boolean pushTopN,
    int stagingLeaseSeconds,
    ColumnTypes.Unsupported unsupportedColumns)
    implements Serializable {

  private static final List<String> NAMES =
      List.of(
          "endpoints",
          "database",
          "table",
          "token",
          "user",
          "ssl",
          "ssl.ca",
          "minPartitions",
          "maxPartitions",
          "splitBytes",
          "snapshot",
          "changes",
          "changesFrom",
          "changesSnapshotSeconds",
          "pushdown.filters",
          "pushdown.aggregates",
          "pushdown.limit",
          "pushdown.topN",
          "stagingLeaseSeconds",
          "unsupportedColumns",
          "creditBytes",
          "checksum",
          "connectTimeoutMs",
          "readTimeoutMs",
          "retries");

  /** What Spark itself puts beside them, and the key of a DataFrame that becomes a table. */
  private static final List<String> OTHER_NAMES =
      List.of("path", "paths", "checkpointLocation", "queryName", "primaryKey");

  private static final String CLIENT_NAME = "theflash-spark/" + version();

  /**
   * @throws FlashException INVALID_REQUEST, naming the option
   */
  static FlashOptions parse(CaseInsensitiveStringMap options) throws FlashException {
    List<String> known = new ArrayList<>(NAMES);
    known.addAll(OTHER_NAMES);
    KnownNames.check("An option", options.asCaseSensitiveMap().keySet(), known);
    String endpoints = options.get("endpoints");
    if (endpoints == null) {
      throw FlashException.ofRequest(
          "The option endpoints is missing", "Give the host:port of theflash serve.");
    }
    int splitsMin = integer(options, "minPartitions", 0, PlanRequest.SPLITS_MAX, 0);
    int splitsMax =
        integer(options, "maxPartitions", 1, PlanRequest.SPLITS_MAX, PlanRequest.SPLITS_MAX);
    if (splitsMin > splitsMax) {
      throw FlashException.ofRequest(
          "minPartitions is " + splitsMin + ", above maxPartitions, " + splitsMax, "");
    }
    Long changesFrom =
        options.get("changesFrom") == null
            ? null
            : Long.valueOf(longInteger(options, "changesFrom", 0, Long.MAX_VALUE, 0));
    return new FlashOptions(
        Endpoint.parseShards(endpoints),
        parseClient(options),
        splitsMin,
        splitsMax,
        longInteger(options, "splitBytes", 1, Long.MAX_VALUE >> 10, 64L << 20),
        options.get("snapshot"),
        changesFrom != null || flag(options, "changes", false),
        changesFrom,
        integer(options, "changesSnapshotSeconds", 60, 10 * 365 * 86_400, 7 * 86_400),
        flag(options, "pushdown.filters", true),
        flag(options, "pushdown.aggregates", true),
        flag(options, "pushdown.limit", true),
        flag(options, "pushdown.topN", true),
        integer(options, "stagingLeaseSeconds", 1, 30 * 86_400, 3_600),
        unsupportedColumns(options));
  }

  /** The names of all options. */
  static List<String> names() {
    return NAMES;
  }

  /** The same, of another snapshot. */
  FlashOptions withSnapshot(String name) {
    return new FlashOptions(
        shards,
        client,
        splitsMin,
        splitsMax,
        splitBytes,
        name,
        changes,
        changesFrom,
        snapshotSeconds,
        pushFilters,
        pushAggregates,
        pushLimit,
        pushTopN,
        stagingLeaseSeconds,
        unsupportedColumns);
  }

  /** A client of each shard. */
  List<FlashClient> clients() {
    return shards.stream().map(copies -> new FlashClient(copies, client)).toList();
  }

  /** A client of the first shard, which stands for all in what they have alike. */
  FlashClient firstClient() {
    return clients().get(0);
  }

  private static ColumnTypes.Unsupported unsupportedColumns(CaseInsensitiveStringMap options)
      throws FlashException {
    String text = options.getOrDefault("unsupportedColumns", "placeholder");
    for (ColumnTypes.Unsupported each : ColumnTypes.Unsupported.values()) {
      if (each.name().equalsIgnoreCase(text.trim())) {
        return each;
      }
    }
    throw FlashException.ofRequest(
        "unsupportedColumns is \"" + text + "\"", "Give placeholder, skip or error.");
  }

  private static ClientOptions parseClient(CaseInsensitiveStringMap options) throws FlashException {
    String caFile = options.get("ssl.ca");
    boolean tls = flag(options, "ssl", caFile != null);
    return new ClientOptions(
        CLIENT_NAME,
        options.get("token"),
        options.get("user"),
        tls,
        caFile == null ? null : readPem(caFile),
        flag(options, "checksum", !tls),
        integer(options, "connectTimeoutMs", 1, Integer.MAX_VALUE, 10_000),
        integer(options, "readTimeoutMs", 1, Integer.MAX_VALUE, 60_000),
        longInteger(options, "creditBytes", 65_536, 1L << 30, 16L << 20),
        integer(options, "retries", 0, 100, 3));
  }

  /** The driver reads the file, and the executors get its text. */
  private static String readPem(String file) throws FlashException {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException error) {
      throw FlashException.ofRequest(
          "ssl.ca names a file that can't be read: " + error.getMessage(), "");
    }
  }

  private static boolean flag(CaseInsensitiveStringMap options, String name, boolean otherwise)
      throws FlashException {
    String text = options.get(name);
    if (text == null) {
      return otherwise;
    }
    return switch (text.trim().toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw FlashException.ofRequest(
              "The option " + name + " is \"" + text + "\"", "Give true or false.");
    };
  }

  private static int integer(
      CaseInsensitiveStringMap options, String name, int min, int max, int otherwise)
      throws FlashException {
    return (int) longInteger(options, name, min, max, otherwise);
  }

  private static long longInteger(
      CaseInsensitiveStringMap options, String name, long min, long max, long otherwise)
      throws FlashException {
    String text = options.get(name);
    try {
      long value = text == null ? otherwise : Long.parseLong(text.trim());
      if (value >= min && value <= max) {
        return value;
      }
    } catch (NumberFormatException error) {
      // Told below, with what was given.
    }
    throw FlashException.ofRequest(
        "The option " + name + " is \"" + text + "\"",
        "Give a whole number from " + min + " to " + max + ".");
  }

  private static String version() {
    String version = FlashOptions.class.getPackage().getImplementationVersion();
    return version == null ? "dev" : version;
  }
}

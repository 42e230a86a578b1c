package com.theflash.spark;

import com.theflash.client.FlashException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.connector.catalog.TableCatalog;
import org.apache.spark.sql.internal.SQLConf;

/**
 * What CREATE TABLE says beside its columns: TBLPROPERTIES, OPTIONS and the options of a DataFrame
 * that becomes a table, which Spark names {@code option.…}.
 */
final class TableProperties {
  private static final String OPTION = "option.";

  /** Names the key's columns, with commas. */
  static final String PRIMARY_KEY = "primaryKey";

  /** Spark's own, which say nothing that would be lost. */
  private static final List<String> PASSED_OVER =
      List.of(TableCatalog.PROP_OWNER, TableCatalog.PROP_IS_MANAGED_LOCATION);

  private final Map<String, String> properties;

  private TableProperties(Map<String, String> properties) {
    this.properties = properties;
  }

  /**
   * Takes the properties of a table that is to be made.
   *
   * @throws FlashException INVALID_REQUEST for one that would have no effect
   */
  static TableProperties check(Map<String, String> properties) throws FlashException {
    List<String> own =
        new ArrayList<>(
            List.of(PRIMARY_KEY, TableCatalog.PROP_PROVIDER, TableCatalog.PROP_COMMENT));
    own.addAll(PASSED_OVER);
    List<String> options = new ArrayList<>(FlashOptions.names());
    options.addAll(own);
    for (String each : properties.keySet()) {
      // Spark gives an option of OPTIONS by both names.
      boolean isOption = each.startsWith(OPTION) || properties.containsKey(OPTION + each);
      KnownNames.check("A property of the table", List.of(bare(each)), isOption ? options : own);
    }
    String provider = properties.get(TableCatalog.PROP_PROVIDER);
    // A DataFrame that is saved without a format comes with the session's default one.
    if (provider != null
        && !provider.equalsIgnoreCase("theflash")
        && !provider.equalsIgnoreCase(SQLConf.get().defaultDataSourceName())) {
      throw FlashException.ofRequest(
          "A table of theflash is not one of " + provider, "Leave USING " + provider + " out.");
    }
    return new TableProperties(properties);
  }

  /**
   * Takes those of a table that no rows are written to: options of a write say nothing then, and no
   * DataFrame brought the session's default format.
   */
  static void checkEmpty(Map<String, String> properties) throws FlashException {
    for (Map.Entry<String, String> each : properties.entrySet()) {
      boolean foreign =
          each.getKey().equals(TableCatalog.PROP_PROVIDER)
              && !each.getValue().equalsIgnoreCase("theflash");
      if (foreign) {
        throw FlashException.ofRequest(
            "A table of theflash is not one of " + each.getValue(),
            "Leave USING " + each.getValue() + " out.");
      }
      String name = bare(each.getKey());
      if (each.getKey().startsWith(OPTION) && !name.equalsIgnoreCase(PRIMARY_KEY)) {
        throw FlashException.ofRequest(
            "The option " + name + " has no effect on an empty table", "Leave it out.");
      }
    }
  }

  /**
   * Gives the names of the key's columns, as the schema spells them.
   *
   * @throws FlashException INVALID_REQUEST for a missing key, and one of other columns
   */
  List<String> key(List<String> columns) throws FlashException {
    Optional<String> text = get(PRIMARY_KEY);
    if (text.isEmpty()) {
      throw FlashException.ofRequest(
          "A table needs a key",
          "Add TBLPROPERTIES ('primaryKey' = 'column, …'), or .option(\"primaryKey\", …).");
    }
    List<String> key = new ArrayList<>();
    for (String each : Arrays.stream(text.get().split(",")).map(String::trim).toList()) {
      key.add(column(each, columns));
    }
    return key;
  }

  /** The same with a key, where there is none yet. */
  TableProperties withKey(String key) {
    if (key == null || get(PRIMARY_KEY).isPresent()) {
      return this;
    }
    Map<String, String> more = new HashMap<>(properties);
    more.put(PRIMARY_KEY, key);
    return new TableProperties(more);
  }

  /** The comment of the table. */
  Optional<String> comment() {
    return Optional.ofNullable(properties.get(TableCatalog.PROP_COMMENT));
  }

  private static String column(String name, List<String> columns) throws FlashException {
    if (columns.contains(name)) {
      return name;
    }
    List<String> alike = columns.stream().filter(name::equalsIgnoreCase).toList();
    if (alike.size() == 1 && !SQLConf.get().caseSensitiveAnalysis()) {
      return alike.get(0);
    }
    throw FlashException.ofRequest(
        "The table has no column " + name + " for its key",
        "Its columns are " + String.join(", ", columns) + ".");
  }

  private Optional<String> get(String name) {
    return properties.entrySet().stream()
        .filter(each -> bare(each.getKey()).equalsIgnoreCase(name))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  private static String bare(String name) {
    return name.startsWith(OPTION) ? name.substring(OPTION.length()) : name;
  }
}

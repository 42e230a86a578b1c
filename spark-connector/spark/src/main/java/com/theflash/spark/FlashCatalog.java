package com.theflash.spark;

import com.theflash.client.ArrowResult;
import com.theflash.client.FlashException;
import com.theflash.client.TableInfo;
import com.theflash.spark.write.StagingTable;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.vector.FieldVector;
import org.apache.spark.sql.catalyst.analysis.NamespaceAlreadyExistsException;
import org.apache.spark.sql.catalyst.analysis.NoSuchNamespaceException;
import org.apache.spark.sql.catalyst.analysis.NoSuchTableException;
import org.apache.spark.sql.catalyst.analysis.TableAlreadyExistsException;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.NamespaceChange;
import org.apache.spark.sql.connector.catalog.StagedTable;
import org.apache.spark.sql.connector.catalog.StagingTableCatalog;
import org.apache.spark.sql.connector.catalog.SupportsNamespaces;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableChange;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * {@code spark.sql.catalog.flash=com.theflash.spark.FlashCatalog}: the server's databases and
 * tables for SQL. Databases are namespaces of one level.
 */
public final class FlashCatalog implements StagingTableCatalog, SupportsNamespaces {
  private static final String LIST_DATABASES =
      "SELECT name FROM system.databases WHERE name NOT IN ('system', 'information_schema',"
          + " 'INFORMATION_SCHEMA') AND NOT startsWith(name, 'theflash') ORDER BY name";

  private String name;
  private FlashOptions options;
  private Map<String, String> optionTexts;

  @Override
  public void initialize(String catalogName, CaseInsensitiveStringMap catalogOptions) {
    name = catalogName;
    optionTexts = Map.copyOf(catalogOptions.asCaseSensitiveMap());
    options = check(() -> FlashOptions.parse(catalogOptions));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Identifier[] listTables(String[] namespace) throws NoSuchNamespaceException {
    String database = database(namespace);
    List<TableInfo> tables = check(() -> options.firstClient().listTables(database));
    return tables.stream()
        .filter(each -> !each.table().startsWith(StagingTable.PREFIX))
        .map(each -> Identifier.of(namespace, each.table()))
        .toArray(Identifier[]::new);
  }

  @Override
  public Table loadTable(Identifier identifier) throws NoSuchTableException {
    return load(identifier, options, optionTexts);
  }

  /** {@code VERSION AS OF} a snapshot's name. */
  @Override
  public Table loadTable(Identifier identifier, String version) throws NoSuchTableException {
    Map<String, String> texts = new HashMap<>(optionTexts);
    texts.keySet().removeIf("snapshot"::equalsIgnoreCase);
    texts.put("snapshot", version);
    return load(
        identifier, check(() -> FlashOptions.parse(new CaseInsensitiveStringMap(texts))), texts);
  }

  private static Table load(
      Identifier identifier, FlashOptions options, Map<String, String> optionTexts)
      throws NoSuchTableException {
    if (identifier.namespace().length != 1) {
      throw new NoSuchTableException(identifier);
    }
    try {
      return FlashTable.load(options, optionTexts, tableName(identifier));
    } catch (FlashException error) {
      if (error.code().equals("NOT_FOUND")) {
        throw new NoSuchTableException(identifier);
      }
      throw new UncheckedIOException(error);
    }
  }

  @Override
  @Deprecated
  public Table createTable(
      Identifier identifier,
      StructType schema,
      Transform[] partitions,
      Map<String, String> properties)
      throws TableAlreadyExistsException, NoSuchNamespaceException {
    database(identifier.namespace());
    if (tableExists(identifier)) {
      throw new TableAlreadyExistsException(identifier);
    }
    TableName table = tableName(identifier);
    return check(
        () -> {
          CreateTable definition = CreateTable.of(schema, partitions, properties);
          TableProperties.checkEmpty(properties);
          executeOnAll(definition.sql(table, definition.comment()));
          return FlashTable.load(options, optionTexts, table);
        });
  }

  @Override
  @Deprecated
  public StagedTable stageCreate(
      Identifier identifier,
      StructType schema,
      Transform[] partitions,
      Map<String, String> properties)
      throws TableAlreadyExistsException, NoSuchNamespaceException {
    database(identifier.namespace());
    if (tableExists(identifier)) {
      throw new TableAlreadyExistsException(identifier);
    }
    return stage(identifier, schema, partitions, properties);
  }

  @Override
  @Deprecated
  public StagedTable stageReplace(
      Identifier identifier,
      StructType schema,
      Transform[] partitions,
      Map<String, String> properties)
      throws NoSuchNamespaceException, NoSuchTableException {
    database(identifier.namespace());
    if (!tableExists(identifier)) {
      throw new NoSuchTableException(identifier);
    }
    return stage(identifier, schema, partitions, properties);
  }

  @Override
  @Deprecated
  public StagedTable stageCreateOrReplace(
      Identifier identifier,
      StructType schema,
      Transform[] partitions,
      Map<String, String> properties)
      throws NoSuchNamespaceException {
    database(identifier.namespace());
    return stage(identifier, schema, partitions, properties);
  }

  private StagedTable stage(
      Identifier identifier,
      StructType schema,
      Transform[] partitions,
      Map<String, String> properties) {
    boolean replaces = tableExists(identifier);
    return check(
        () ->
            new ReplacedTable(
                options,
                optionTexts,
                tableName(identifier),
                CreateTable.of(schema, partitions, properties),
                replaces));
  }

  @Override
  public Table alterTable(Identifier identifier, TableChange... changes)
      throws NoSuchTableException {
    TableName table = tableName(identifier);
    String key = loadTable(identifier).properties().getOrDefault("primaryKey", "");
    for (TableChange each : changes) {
      if (each instanceof TableChange.DeleteColumn drop
          && List.of(key.split(",")).contains(String.join(".", drop.fieldNames()))) {
        throw new UnsupportedOperationException(
            "Column " + drop.fieldNames()[0] + " is of the primary key of " + table + ": " + key);
      }
    }
    // All are checked before the first is made.
    List<String> statements =
        Arrays.stream(changes).map(each -> AlterTable.sql(table, each)).toList();
    statements.forEach(this::executeOnAll);
    return loadTable(identifier);
  }

  @Override
  public boolean dropTable(Identifier identifier) {
    if (!tableExists(identifier)) {
      return false;
    }
    executeOnAll("DROP TABLE " + tableName(identifier).sql());
    return true;
  }

  @Override
  public void renameTable(Identifier from, Identifier to)
      throws NoSuchTableException, TableAlreadyExistsException {
    loadTable(from);
    if (tableExists(to)) {
      throw new TableAlreadyExistsException(to);
    }
    executeOnAll("RENAME TABLE " + tableName(from).sql() + " TO " + tableName(to).sql());
  }

  @Override
  public String[][] listNamespaces() {
    return listDatabases().stream().map(each -> new String[] {each}).toArray(String[][]::new);
  }

  @Override
  public String[][] listNamespaces(String[] namespace) throws NoSuchNamespaceException {
    if (namespace.length == 0) {
      return listNamespaces();
    }
    database(namespace);
    return new String[0][];
  }

  @Override
  public boolean namespaceExists(String[] namespace) {
    return namespace.length == 1 && listDatabases().contains(namespace[0]);
  }

  @Override
  public Map<String, String> loadNamespaceMetadata(String[] namespace)
      throws NoSuchNamespaceException {
    String database = database(namespace);
    String comment =
        check(
                () ->
                    queryTexts(
                        "SELECT comment FROM system.databases WHERE name = "
                            + SqlText.quoteText(database)))
            .get(0);
    return comment.isEmpty() ? Map.of() : Map.of(SupportsNamespaces.PROP_COMMENT, comment);
  }

  @Override
  public void createNamespace(String[] namespace, Map<String, String> metadata)
      throws NamespaceAlreadyExistsException {
    if (namespaceExists(namespace)) {
      throw new NamespaceAlreadyExistsException(namespace);
    }
    if (namespace.length != 1) {
      throw new UnsupportedOperationException("databases have one level");
    }
    for (String each : metadata.keySet()) {
      if (!each.equals(SupportsNamespaces.PROP_COMMENT)
          && !each.equals(SupportsNamespaces.PROP_OWNER)) {
        throw new UnsupportedOperationException(
            "A database of theflash has a comment, and no property " + each + ": leave it out");
      }
    }
    String comment = metadata.get(SupportsNamespaces.PROP_COMMENT);
    executeOnAll(
        "CREATE DATABASE "
            + SqlText.quoteName(namespace[0])
            + (comment == null ? "" : " COMMENT " + SqlText.quoteText(comment)));
  }

  @Override
  public void alterNamespace(String[] namespace, NamespaceChange... changes) {
    throw new UnsupportedOperationException("databases have no properties");
  }

  @Override
  public boolean dropNamespace(String[] namespace, boolean cascade)
      throws NoSuchNamespaceException {
    if (!namespaceExists(namespace)) {
      return false;
    }
    if (!cascade && listTables(namespace).length > 0) {
      throw new IllegalStateException(
          "Database " + namespace[0] + " has tables: drop it with CASCADE");
    }
    executeOnAll("DROP DATABASE " + SqlText.quoteName(namespace[0]));
    return true;
  }

  private String database(String[] namespace) throws NoSuchNamespaceException {
    if (!namespaceExists(namespace)) {
      throw new NoSuchNamespaceException(namespace);
    }
    return namespace[0];
  }

  private static TableName tableName(Identifier identifier) {
    return new TableName(identifier.namespace()[0], identifier.name());
  }

  private List<String> listDatabases() {
    return check(() -> queryTexts(LIST_DATABASES));
  }

  /** The first column of what the first server answers. */
  private List<String> queryTexts(String sql) throws FlashException {
    List<String> texts = new ArrayList<>();
    try (ArrowResult result = options.firstClient().query(sql, FlashMemory.root())) {
      while (result.next()) {
        FieldVector column = result.root().getVector(0);
        for (int row = 0; row < result.root().getRowCount(); row += 1) {
          texts.add(column.getObject(row).toString());
        }
      }
    }
    return texts;
  }

  private void executeOnAll(String sql) {
    check(
        () -> {
          Shards.executeOnAll(options.clients(), sql);
          return new HashMap<>();
        });
  }

  /** Work that asks the server. */
  private interface Request<T> {
    T run() throws FlashException;
  }

  private static <T> T check(Request<T> request) {
    try {
      return request.run();
    } catch (FlashException error) {
      throw new UncheckedIOException(error);
    }
  }
}

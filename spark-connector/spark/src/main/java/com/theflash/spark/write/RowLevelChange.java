package com.theflash.spark.write;

import com.theflash.spark.SqlText;
import java.util.List;
import java.util.function.Function;
import org.apache.spark.sql.connector.expressions.NamedReference;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.connector.write.DeltaWriteBuilder;
import org.apache.spark.sql.connector.write.LogicalWriteInfo;
import org.apache.spark.sql.connector.write.RowLevelOperation;
import org.apache.spark.sql.connector.write.SupportsDelta;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/** DELETE, UPDATE and MERGE: Spark finds the rows, and writes their keys or their new values. */
public final class RowLevelChange implements RowLevelOperation, SupportsDelta {
  private final Command command;
  private final List<String> key;
  private final Function<CaseInsensitiveStringMap, ScanBuilder> scan;
  private final Function<LogicalWriteInfo, DeltaWriteBuilder> write;

  /**
   * @param key names of the primary key
   */
  public RowLevelChange(
      Command command,
      List<String> key,
      Function<CaseInsensitiveStringMap, ScanBuilder> scan,
      Function<LogicalWriteInfo, DeltaWriteBuilder> write) {
    this.command = command;
    this.key = key;
    this.scan = scan;
    this.write = write;
  }

  @Override
  public Command command() {
    return command;
  }

  @Override
  public NamedReference[] rowId() {
    return key.stream().map(SqlText::reference).toArray(NamedReference[]::new);
  }

  @Override
  public ScanBuilder newScanBuilder(CaseInsensitiveStringMap options) {
    return scan.apply(options);
  }

  @Override
  public DeltaWriteBuilder newWriteBuilder(LogicalWriteInfo info) {
    return write.apply(info);
  }
}

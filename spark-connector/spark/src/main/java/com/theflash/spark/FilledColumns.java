package com.theflash.spark;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.V2WriteCommand;
import org.apache.spark.sql.execution.QueryExecution;
import org.apache.spark.sql.execution.SQLExecution;

/**
 * Columns that a write has no values of. Spark 4.1 and later put NULL into them before a table
 * learns of its rows, which its schema does not tell from rows with a NULL: its plan does.
 */
final class FilledColumns {
  private FilledColumns() {}

  /** Names of the columns that Spark itself filled for the statement that this thread runs. */
  static List<String> ofRunningWrite() {
    String id =
        SparkSession.active().sparkContext().getLocalProperty(SQLExecution.EXECUTION_ID_KEY());
    QueryExecution running = id == null ? null : SQLExecution.getQueryExecution(Long.parseLong(id));
    List<String> names = new ArrayList<>();
    if (running != null
        && running.analyzed() instanceof V2WriteCommand write
        && write.isByName()
        && write.query() instanceof Project project) {
      scala.collection.Iterator<NamedExpression> columns = project.projectList().iterator();
      while (columns.hasNext()) {
        // Spark gives each column the table's metadata, or leaves the rows as the query has them.
        // Of the query is what refers to it; what was filled in refers to nothing.
        if (columns.next() instanceof Alias alias
            && alias.explicitMetadata().isDefined()
            && alias.references().isEmpty()) {
          names.add(alias.name());
        }
      }
    }
    return names;
  }
}

package com.theflash.spark.filter;

import com.theflash.client.Filter;
import com.theflash.client.Literal;
import com.theflash.client.Operand;
import com.theflash.spark.ColumnKind;
import com.theflash.spark.FlashColumn;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.connector.expressions.Expression;
import org.apache.spark.sql.connector.expressions.NamedReference;
import org.apache.spark.sql.connector.expressions.filter.Predicate;

/**
 * Turns predicates into filters that pass exactly the rows for which Spark finds the predicate
 * true.
 *
 * <p>There is no "nearly": what can't be said exactly is not pushed, as a whole, and Spark
 * evaluates it.
 */
public final class FilterTranslator {
  private static final Set<String> COMPARISONS = Set.of("=", "<>", "<", "<=", ">", ">=", "<=>");

  private final Map<String, FlashColumn> columns;

  /**
   * @param columns the table's columns by name
   */
  public FilterTranslator(Map<String, FlashColumn> columns) {
    this.columns = columns;
  }

  /** Gives the filter that means the same, or nothing where there is none. */
  public Optional<Filter> translate(Predicate predicate) {
    Expression[] children = predicate.children();
    String name = predicate.name();
    if (COMPARISONS.contains(name)) {
      return children.length == 2 ? compare(name, children[0], children[1]) : Optional.empty();
    }
    return switch (name) {
      case "ALWAYS_TRUE" -> Optional.of(Filter.constant(true));
      case "ALWAYS_FALSE" -> Optional.of(Filter.constant(false));
      case "AND" -> translateAll(children).map(Filter::and);
      case "OR" -> translateAll(children).map(Filter::or);
      case "NOT" -> translateAll(children).map(all -> Filter.not(all.get(0)));
      case "IS_NULL" -> column(children[0]).map(each -> Filter.isNull(each.name()));
      case "IS_NOT_NULL" -> column(children[0]).map(each -> Filter.not(Filter.isNull(each.name())));
      case "IN" -> in(children);
      case "STARTS_WITH" -> text("starts", children);
      case "ENDS_WITH" -> text("ends", children);
      case "CONTAINS" -> text("contains", children);
      default -> Optional.empty();
    };
  }

  private Optional<List<Filter>> translateAll(Expression[] children) {
    List<Filter> filters = new ArrayList<>();
    for (Expression each : children) {
      Optional<Filter> filter =
          each instanceof Predicate predicate ? translate(predicate) : Optional.empty();
      if (filter.isEmpty()) {
        return Optional.empty();
      }
      filters.add(filter.get());
    }
    return filters.isEmpty() ? Optional.empty() : Optional.of(filters);
  }

  private Optional<Filter> compare(String op, Expression left, Expression right) {
    Optional<FlashColumn> leftColumn = column(left);
    Optional<FlashColumn> rightColumn = column(right);
    if (leftColumn.isPresent() && rightColumn.isPresent()) {
      return compareColumns(op, leftColumn.get(), rightColumn.get());
    }
    if (leftColumn.isPresent()) {
      return literal(right, leftColumn.get())
          .map(value -> Filter.compare(op, operand(leftColumn.get()), new Operand.Value(value)));
    }
    if (rightColumn.isPresent()) {
      return literal(left, rightColumn.get())
          .map(value -> Filter.compare(op, new Operand.Value(value), operand(rightColumn.get())));
    }
    return Optional.empty();
  }

  /** Columns of one engine type compare alike on both sides; others may be converted on the way. */
  private static Optional<Filter> compareColumns(String op, FlashColumn left, FlashColumn right) {
    boolean alike =
        left.engineType().equals(right.engineType())
            && left.kind() == right.kind()
            && left.kind() != ColumnKind.OPAQUE;
    return alike
        ? Optional.of(Filter.compare(op, operand(left), operand(right)))
        : Optional.empty();
  }

  /** An empty list means NULL of NULL to one version of Spark, and false to another. */
  private Optional<Filter> in(Expression[] children) {
    Optional<FlashColumn> column = column(children[0]);
    if (column.isEmpty() || children.length == 1) {
      return Optional.empty();
    }
    List<Literal> values = new ArrayList<>();
    for (int index = 1; index < children.length; index += 1) {
      Optional<Literal> value = literal(children[index], column.get());
      if (value.isEmpty()) {
        return Optional.empty();
      }
      values.add(value.get());
    }
    return Optional.of(Filter.in(column.get().name(), values));
  }

  private Optional<Filter> text(String op, Expression[] children) {
    Optional<FlashColumn> column = column(children[0]);
    if (column.isEmpty() || column.get().kind() != ColumnKind.TEXT) {
      return Optional.empty();
    }
    return LiteralTranslator.text(children[1])
        .map(text -> Filter.text(op, column.get().name(), text));
  }

  private Optional<FlashColumn> column(Expression expression) {
    return expression instanceof NamedReference reference && reference.fieldNames().length == 1
        ? Optional.ofNullable(columns.get(reference.fieldNames()[0]))
            .filter(each -> each.kind() != ColumnKind.UNREADABLE)
        : Optional.empty();
  }

  private static Optional<Literal> literal(Expression expression, FlashColumn column) {
    return LiteralTranslator.translate(expression, column);
  }

  private static Operand operand(FlashColumn column) {
    return new Operand.Column(column.name());
  }
}

package com.theflash.spark;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/** Conditions over {@link ValueTable}, enumerated: type by operator by literal. */
final class ConditionCases {
  private static final Set<String> WHOLE = Set.of("i32", "f64", "dec", "s", "b", "d", "w", "ts");
  private static final int SOME = 5;

  private static final List<String> OPS = List.of("=", "<>", "<", "<=", ">", ">=", "<=>");

  private static final Map<String, List<String>> FOREIGN = new LinkedHashMap<>();

  static {
    List<String> numbers =
        List.of(
            "5",
            "300",
            "-129Y",
            "5.5BD",
            "0.1D",
            "'5'",
            "9223372036854775807L",
            "99999999999999999999BD",
            "double('NaN')",
            "float('0.1')",
            "2147483648L",
            "-0.0D",
            "'x'",
            "NULL",
            "true");
    for (String type :
        "TINYINT SMALLINT INT BIGINT FLOAT DOUBLE DECIMAL(20,0) DECIMAL(10,2) DECIMAL(38,0) DECIMAL(38,30)"
            .split(" ")) {
      FOREIGN.put(type, numbers);
    }
    FOREIGN.put(
        "STRING",
        List.of(
            "5", "-1.5BD", "1.5D", "DATE'2024-02-29'", "true", "X'61'", "NULL", "repeat('a', 1)"));
    FOREIGN.put("BINARY", List.of("'a'", "''", "CAST('a ' AS BINARY)", "NULL"));
    FOREIGN.put("BOOLEAN", List.of("1", "'true'", "0BD", "NULL"));
    List<String> times =
        List.of(
            "DATE'2024-02-29'",
            "DATE'1970-01-01'",
            "TIMESTAMP'2024-03-10 02:30:00'",
            "TIMESTAMP'1969-12-31 23:59:59.999999'",
            "TIMESTAMP'2024-11-03 01:30:00.000001 America/New_York'",
            "TIMESTAMP_NTZ'2024-03-10 02:30:00'",
            "TIMESTAMP_NTZ'0000-01-01 00:00:00'",
            "'2024-02-29'",
            "'1582-10-10'",
            "'2024-03-10 02:30:00'",
            "'2024'",
            "'no date'",
            "'9999-12-31T23:59:59.999999Z'",
            "NULL");
    List.of("DATE", "TIMESTAMP", "TIMESTAMP_NTZ").forEach(type -> FOREIGN.put(type, times));
  }

  private static final List<String> PATTERNS =
      List.of(
          "LIKE 'a%'",
          "LIKE '%b'",
          "LIKE '%a%'",
          "LIKE 'a_b'",
          "LIKE 'a\\\\_b'",
          "LIKE '50\\\\%'",
          "LIKE '%\\\\%%'",
          "LIKE 'a!_b' ESCAPE '!'",
          "LIKE '%!%' ESCAPE '!'",
          "LIKE ''",
          "LIKE '%'",
          "LIKE '_'",
          "LIKE '__'",
          "LIKE '%%'",
          "LIKE 'a%b'",
          "LIKE '%\\\\\\\\%'",
          "LIKE 'a\\\\\\\\b'",
          "LIKE '%''%'",
          "LIKE '茶%'",
          "LIKE '_茶'",
          "LIKE '% '",
          "LIKE ' %'",
          "ILIKE 'A%'",
          "ILIKE '%Ä%'",
          "LIKE ANY ('a%', '%5%')",
          "LIKE ALL ('%a%', '%b%')",
          "LIKE 'a\\nb'",
          "LIKE '%\\n%'",
          "RLIKE '^a.b$'",
          "RLIKE 'A|茶'",
          "LIKE NULL",
          "LIKE 'A%B%'");

  private static final Map<String, List<String>> FUNCTIONS = new LinkedHashMap<>();

  static {
    List<String> numbers =
        List.of(
            "%s + 1 > 5",
            "-%s < 0",
            "abs(%s) = 5",
            "%s %% 2 = 1",
            "%s * 2 >= 10",
            "%s / 2 = 2.5",
            "%s - 1 <= 4",
            "coalesce(%s, 0) = 0",
            "nvl2(%s, 1, 0) = 1",
            "sign(%s) = -1",
            "if(%s > 3, 1, 0) = 1",
            "CASE WHEN %s > 0 THEN 'p' WHEN %s < 0 THEN 'n' END = 'n'",
            "round(%s) = 5",
            "floor(%s) = 5",
            "ceil(%s) >= 5",
            "greatest(%s, 1) = 1",
            "least(%s, 1) = 1",
            "isnan(%s)",
            "hash(%s) > 0",
            "nullif(%s, 5) IS NULL",
            "sqrt(%s) > 2",
            "%s BETWEEN 0 AND 128",
            "5 %% %s = 0",
            "%s IN (5, 128, NULL)",
            "%s NOT IN (0, 5)",
            "bround(%s, 1) = 5",
            "%s div 2 = 2");
    for (String type : FOREIGN.keySet()) {
      if (FOREIGN.get(type).contains("300")) {
        FUNCTIONS.put(type, numbers);
      }
    }
    FUNCTIONS.put(
        "STRING",
        List.of(
            "upper(%s) = 'A'",
            "lower(%s) = 'a'",
            "length(%s) = 1",
            "char_length(%s) > 1",
            "octet_length(%s) = 4",
            "trim(%s) = '5'",
            "ltrim(%s) = 'a '",
            "rtrim(%s) = 'a'",
            "substring(%s, 1, 1) = 'a'",
            "substring(%s, -1) = 'b'",
            "concat(%s, 'x') = 'ax'",
            "%s || '' = ''",
            "reverse(%s) = 'bxa'",
            "instr(%s, 'a') = 1",
            "position('b' IN %s) = 3",
            "replace(%s, 'a', 'b') = 'b'",
            "lpad(%s, 3, '-') = '--a'",
            "left(%s, 1) = 'a'",
            "startswith(%s, 'a')",
            "endswith(%s, 'b')",
            "contains(%s, '_')",
            "startswith(%s, '')",
            "contains(%s, NULL)",
            "ascii(%s) = 97",
            "md5(%s) > '8'",
            "translate(%s, 'a', 'b') = 'b'",
            "coalesce(%s, 'none') = 'none'",
            "split(%s, '_')[0] = 'a'",
            "initcap(%s) = 'A'",
            "levenshtein(%s, 'a') = 1",
            "soundex(%s) = 'A000'",
            "%s IN ('a', '', NULL)",
            "%s NOT IN ('a', '')",
            "concat_ws('-', %s, NULL) = 'a'",
            "nullif(%s, 'a') IS NULL",
            "try_to_number(%s, '9') = 5",
            "try_cast(%s AS INT) = 5",
            "%s > 'a' AND length(%s) > 1",
            "%s BETWEEN 'A' AND 'a'",
            "regexp_replace(%s, '[a-z]', '#') = '#'"));
    FUNCTIONS.put(
        "BINARY",
        List.of(
            "length(%s) = 1",
            "hex(%s) = '61'",
            "%s IN (X'61', X'00FF')",
            "%s BETWEEN X'00' AND X'80'",
            "substring(%s, 1, 1) = X'61'",
            "base64(%s) = 'YQ=='",
            "concat(%s, X'00') = X'6100'",
            "startswith(%s, X'61')",
            "endswith(%s, X'FF')",
            "contains(%s, X'00')"));
    List<String> times =
        List.of(
            "year(%s) = 2024",
            "month(%s) = 2",
            "day(%s) = 29",
            "dayofweek(%s) = 5",
            "quarter(%s) = 1",
            "weekofyear(%s) = 10",
            "dayofyear(%s) = 60",
            "date_trunc('month', %s) = '2024-03-01'",
            "trunc(%s, 'YEAR') = DATE'2024-01-01'",
            "date_format(%s, 'yyyy-MM') = '2024-03'",
            "date_add(%s, 1) = DATE'2024-03-01'",
            "%s + INTERVAL 1 DAY > TIMESTAMP'2024-03-10 02:30:00'",
            "%s + INTERVAL 1 MONTH = DATE'2024-03-29'",
            "last_day(%s) = DATE'2024-02-29'",
            "datediff(%s, DATE'1970-01-01') > 0",
            "CAST(%s AS DATE) = DATE'2024-03-10'",
            "CAST(%s AS STRING) LIKE '2024%%'",
            "hour(%s) = 2",
            "minute(%s) = 30",
            "second(%s) = 59",
            "extract(MICROSECOND FROM %s) > 0",
            "date_trunc('hour', %s) = TIMESTAMP'2024-03-10 03:00:00'",
            "unix_timestamp(%s) < 0",
            "months_between(%s, DATE'2024-02-29') > 0",
            "%s BETWEEN DATE'1970-01-01' AND DATE'2024-03-10'",
            "add_months(%s, 12) > DATE'2025-01-01'",
            "coalesce(%s, DATE'1970-01-01') = DATE'1970-01-01'",
            "to_date(%s) = DATE'1582-10-10'",
            "%s > current_date()",
            "%s IN ('2024-02-29', '1582-10-10', NULL)",
            "%s NOT IN (DATE'2024-02-29', DATE'1970-01-01')",
            "date_diff(HOUR, %s, %s) = 0");
    List.of("DATE", "TIMESTAMP", "TIMESTAMP_NTZ").forEach(type -> FUNCTIONS.put(type, times));
    FUNCTIONS.put(
        "BOOLEAN", List.of("%s", "NOT %s", "%s IS TRUE", "%s IS NOT FALSE", "%s IS UNKNOWN"));
    FUNCTIONS.put("ARRAY<FLOAT>", List.of("size(%s) = 2", "%s[0] = 1.5", "array_contains(%s, 0)"));
    FUNCTIONS.put(
        "ARRAY<INT>", List.of("size(%s) = 2", "try_element_at(%s, 1) = 1", "%s = array(1, NULL)"));
    FUNCTIONS.put(
        "MAP<STRING, INT>", List.of("%s['a'] = 1", "size(%s) = 0", "map_contains_key(%s, '')"));
    FUNCTIONS.put(
        "STRUCT<a: INT, b: STRING>",
        List.of("%1$s.a = 1", "%1$s.b = ''", "%1$s.a IS NULL", "%1$s.a > 1 OR %1$s.b = 'a'"));
  }

  private static final List<String> CASTS =
      List.of(
          "STRING TINYINT INT BIGINT DOUBLE FLOAT DECIMAL(38,10) DECIMAL(5,1) BOOLEAN DATE TIMESTAMP TIMESTAMP_NTZ BINARY"
              .split(" "));

  /**
   * A condition; {@code pushed} says that the server must be given the whole of it.
   *
   * @param kind what it was made of, for messages
   */
  record Condition(String kind, String sql, boolean pushed) {}

  private ConditionCases() {}

  /** All of them, in a fixed order. */
  static List<Condition> all() {
    List<Condition> cases = new ArrayList<>();
    for (ValueTable.Column each : ValueTable.columns()) {
      if (!each.sparkType().startsWith("MAP")) {
        cases.addAll(comparisons(each));
        cases.addAll(lists(each));
      }
      cases.addAll(nulls(each));
      cases.addAll(foreign(each));
      cases.addAll(functions(each));
      cases.addAll(casts(each));
    }
    cases.addAll(pairs());
    cases.addAll(trees());
    return cases;
  }

  private static List<Condition> comparisons(ValueTable.Column column) {
    List<Condition> cases = new ArrayList<>();
    List<String> literals = column.literals();
    for (int op = 0; op < OPS.size(); op += 1) {
      String sign = OPS.get(op);
      String first = literals.get(op % literals.size());
      String second = literals.get((op + literals.size() / 2) % literals.size());
      String turned =
          op % 2 == 0
              ? second + " " + sign + " " + column.name()
              : "NOT (" + column.name() + " " + sign + " " + second + ")";
      cases.add(new Condition("comparison", turned, column.isPushed()));
      String plain = column.name() + " " + sign + " " + first;
      cases.add(new Condition("comparison", plain, column.isPushed()));
    }
    return cases;
  }

  private static List<Condition> lists(ValueTable.Column column) {
    String name = column.name();
    List<String> literals = column.literals();
    String some = String.join(", ", literals.subList(0, Math.min(3, literals.size())));
    String most = String.join(", ", literals.subList(literals.size() / 2, literals.size()));
    String last = literals.get(literals.size() - 1);
    List<Condition> cases = new ArrayList<>();
    for (String sql :
        List.of(
            name + " IN (" + some + ")",
            name + " NOT IN (" + most + ")",
            name + " BETWEEN " + literals.get(0) + " AND " + last,
            name + " NOT BETWEEN " + last + " AND " + literals.get(0))) {
      cases.add(new Condition("list", sql, column.isPushed()));
    }
    for (String sql :
        List.of(name + " IN (" + some + ", NULL)", name + " NOT IN (" + some + ", NULL)")) {
      cases.add(new Condition("list with NULL", sql, false));
    }
    return cases;
  }

  private static List<Condition> nulls(ValueTable.Column column) {
    boolean nullable =
        column.engineType().contains("Nullable") && !column.sparkType().contains("<");
    return List.of(
        new Condition("null", column.name() + " IS NULL", nullable),
        new Condition("null", column.name() + " IS NOT NULL", nullable),
        new Condition("null", column.name() + " IS NULL OR id < 9", nullable),
        new Condition("null", column.name() + " <=> NULL", nullable));
  }

  /** Literals of other types, which Spark casts, or casts the column to. */
  private static List<Condition> foreign(ValueTable.Column column) {
    List<Condition> cases = new ArrayList<>();
    int op = column.name().hashCode() & 63;
    for (String literal : FOREIGN.getOrDefault(column.sparkType().replace(", ", ","), List.of())) {
      String sql = column.name() + " " + OPS.get(op % OPS.size()) + " " + literal;
      cases.add(new Condition("literal of another type", sql, false));
      op += 3;
    }
    return cases;
  }

  /** All functions of one column of each type, and some of the others. */
  private static List<Condition> functions(ValueTable.Column column) {
    List<Condition> cases = new ArrayList<>();
    boolean all = WHOLE.contains(column.name());
    int first = column.name().hashCode() & 63;
    List<String> forms =
        FUNCTIONS.getOrDefault(column.sparkType().replace("20, ", "20,"), List.of());
    for (String each : all ? forms : some(forms, first)) {
      cases.add(new Condition("function", filled(each, column.name()), false));
    }
    if (column.sparkType().equals("STRING")) {
      for (String each : all ? PATTERNS : some(PATTERNS, first)) {
        cases.add(new Condition("pattern", column.name() + " " + each, false));
        cases.add(new Condition("pattern", "NOT " + column.name() + " " + each, false));
      }
    }
    return cases;
  }

  private static List<String> some(List<String> from, int first) {
    int step = Math.max(1, from.size() / SOME);
    return IntStream.range(0, Math.min(SOME, from.size()))
        .mapToObj(each -> from.get((first + each * step) % from.size()))
        .toList();
  }

  private static String filled(String form, String name) {
    return form.contains("%1$s")
        ? form.formatted(name)
        : form.replace("%s", name).replace("%%", "%");
  }

  private static List<Condition> casts(ValueTable.Column column) {
    List<Condition> cases = new ArrayList<>();
    List<String> literals = column.literals();
    int first = column.name().hashCode() & 63;
    for (String type : WHOLE.contains(column.name()) ? CASTS : some(CASTS, first)) {
      String form = "CAST(%s AS " + type + ")";
      String op = OPS.get((first + cases.size()) % OPS.size());
      String literal = "try_" + form.formatted(literals.get(cases.size() % literals.size()));
      cases.add(
          new Condition("cast", form.formatted(column.name()) + " " + op + " " + literal, false));
    }
    return cases;
  }

  /** Columns beside each other, of one type and of different ones. */
  private static List<Condition> pairs() {
    List<Condition> cases = new ArrayList<>();
    int op = 0;
    for (String family :
        List.of(
            "i8 u8 i16 u16 y i32 n32 u32 i64 u64 bits dec wide fine f32 f64 t huge",
            "d w w0 ts ts0 ts3 day sec",
            "s ns e se js uu en id16 ip4 i128",
            "b blob geo fx",
            "flag flag")) {
      String[] names = family.split(" ");
      for (int place = 0; place < names.length; place += 1) {
        String left = names[place];
        // Every other pair, each type beside itself among them.
        for (int index = place % 2; index < names.length; index += 2) {
          String right = names[index];
          String sql = left + " " + OPS.get(op % OPS.size()) + " " + right;
          cases.add(new Condition("columns", sql, false));
          op += 1;
        }
      }
    }
    return cases;
  }

  /** Nested AND, OR and NOT of conditions that are pushed, so that none of them can fail. */
  private static List<Condition> trees() {
    List<Condition> leaves = new ArrayList<>();
    for (ValueTable.Column each : ValueTable.columns()) {
      if (each.isPushed()) {
        leaves.addAll(comparisons(each));
        leaves.addAll(lists(each));
        leaves.addAll(nulls(each));
      }
    }
    Random random = new Random(7);
    List<Condition> cases = new ArrayList<>();
    for (int count = 0; count < 120; count += 1) {
      cases.add(new Condition("tree", tree(leaves, random, 1 + count % 4), false));
    }
    return cases;
  }

  private static String tree(List<Condition> leaves, Random random, int depth) {
    if (depth == 0) {
      return leaves.get(random.nextInt(leaves.size())).sql();
    }
    String left = tree(leaves, random, depth - 1);
    return switch (random.nextInt(4)) {
      case 0 -> "(" + left + " AND " + tree(leaves, random, depth - 1) + ")";
      case 1 -> "(" + left + " OR " + tree(leaves, random, depth - 1) + ")";
      case 2 -> "(" + left + " OR NOT " + tree(leaves, random, depth - 1) + ")";
      default -> "NOT (" + left + ")";
    };
  }
}

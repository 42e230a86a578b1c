package com.theflash.spark;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** MySQL's types, as the comments of the engine's columns hold them. */
final class MysqlTypes {
  /** Source: src/protocol/mysql-type-text.ts, whose server decides what a comment is. */
  private static final Pattern TYPE =
      Pattern.compile(
          "\\s*([a-zA-Z]+[0-9]?)(?: precision)?(?:\\s*\\(.*\\))?(?: .*)?", Pattern.DOTALL);

  private static final Set<String> WORDS =
      Set.of(
          ("binary varbinary tinyblob blob mediumblob longblob geometry point linestring polygon"
                  + " multipoint multilinestring multipolygon geometrycollection geomcollection time"
                  + " datetime tinyint smallint mediumint int integer bigint decimal numeric float"
                  + " double real bit year date timestamp char varchar tinytext text mediumtext"
                  + " longtext enum set json vector uuid inet4 inet6")
              .split(" "));

  private MysqlTypes() {}

  /** Whether a comment might be taken for a type: it may say so of a few that are none. */
  static boolean isType(String comment) {
    if (comment == null) {
      return false;
    }
    Matcher match = TYPE.matcher(comment);
    boolean attributes =
        comment.matches(
            "(?is).*[\\w)] (unsigned|zerofill|charset|character|collate|srid|precision)\\b.*");
    boolean oneWord = !comment.trim().replaceAll("\\(.*\\)", "").trim().contains(" ");
    return match.matches()
        && WORDS.contains(match.group(1).toLowerCase(Locale.ROOT))
        && (oneWord || attributes);
  }
}

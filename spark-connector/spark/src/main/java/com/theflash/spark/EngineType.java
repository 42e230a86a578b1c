package com.theflash.spark;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** ClickHouse's types as their text, taken apart. */
public final class EngineType {
  private static final Pattern WRAPPED =
      Pattern.compile("(Nullable|LowCardinality)\\((.*)\\)", Pattern.DOTALL);
  private static final Pattern MEMBER =
      Pattern.compile("'((?:[^'\\\\]|\\\\.)*)' = (-?\\d+)", Pattern.DOTALL);

  private static final Pattern NAMED =
      Pattern.compile("(`(?:[^`\\\\]|\\\\.)+`|[A-Za-z_]\\w*) (.+)", Pattern.DOTALL);

  private EngineType() {}

  /** The type without Nullable and LowCardinality; Nested is what it is stored as. */
  public static String bare(String type) {
    if (is(type, "Nested")) {
      return "Array(Tuple" + type.substring("Nested".length()) + ")";
    }
    Matcher match = WRAPPED.matcher(type);
    return match.matches() ? bare(match.group(2)) : type;
  }

  public static boolean isNullable(String type) {
    Matcher match = WRAPPED.matcher(type);
    return match.matches() && (match.group(1).equals("Nullable") || isNullable(match.group(2)));
  }

  /** Whether a type is a family's: {@code Map} of {@code Map(String, Int8)}. */
  public static boolean is(String type, String family) {
    return type.startsWith(family + "(") && type.endsWith(")");
  }

  /** What stands between the parentheses, cut at the commas that are in no others. */
  public static List<String> arguments(String type) {
    String inside = type.substring(type.indexOf('(') + 1, type.length() - 1);
    List<String> arguments = new ArrayList<>();
    int depth = 0;
    int start = 0;
    char quote = 0;
    for (int index = 0; index < inside.length(); index += 1) {
      char each = inside.charAt(index);
      if (quote != 0) {
        if (each == '\\') {
          index += 1;
        } else if (each == quote) {
          quote = 0;
        }
      } else if (each == '\'' || each == '`') {
        quote = each;
      } else if (each == '(') {
        depth += 1;
      } else if (each == ')') {
        depth -= 1;
      } else if (each == ',' && depth == 0) {
        arguments.add(inside.substring(start, index).trim());
        start = index + 1;
      }
    }
    arguments.add(inside.substring(start).trim());
    return arguments;
  }

  /** The names of a tuple's elements; their numbers from 1 where they have none. */
  static List<String> tupleNames(String type) {
    List<String> names = new ArrayList<>();
    for (String each : arguments(type)) {
      Matcher match = NAMED.matcher(each);
      String name = match.matches() ? match.group(1) : Integer.toString(names.size() + 1);
      names.add(name.startsWith("`") ? unescape(name.substring(1, name.length() - 1)) : name);
    }
    return names;
  }

  /** The types of a tuple's elements. */
  public static List<String> tupleTypes(String type) {
    List<String> types = new ArrayList<>();
    for (String each : arguments(type)) {
      Matcher match = NAMED.matcher(each);
      types.add(match.matches() ? match.group(2) : each);
    }
    return types;
  }

  /** The members of an Enum8 or Enum16 by their numbers. */
  public static Map<Integer, String> enumMembers(String type) {
    Map<Integer, String> members = new LinkedHashMap<>();
    Matcher match = MEMBER.matcher(type);
    while (match.find()) {
      members.put(Integer.valueOf(match.group(2)), unescape(match.group(1)));
    }
    return members;
  }

  /** ClickHouse writes these with a backslash, and no others. */
  private static String unescape(String text) {
    StringBuilder result = new StringBuilder(text.length());
    for (int index = 0; index < text.length(); index += 1) {
      char each = text.charAt(index);
      if (each == '\\' && index + 1 < text.length()) {
        index += 1;
        int known = "bfnrt0".indexOf(text.charAt(index));
        result.append(known < 0 ? text.charAt(index) : "\b\f\n\r\t\0".charAt(known));
      } else {
        result.append(each);
      }
    }
    return result.toString();
  }
}

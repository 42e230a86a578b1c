package com.theflash.spark.write;

import com.theflash.client.FlashException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.util.HexFormat;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * What the engine's types hold, of what Spark's hold. Each method gives the value that is stored,
 * or fails the job: there is no nearest value.
 *
 * @param column database, table and name, for the message
 * @param engineType without Nullable
 */
record ValueLimits(String column, String engineType) {
  /** The days of the years 0 to 9999, as MySQL has them. */
  private static final long FIRST_DAY = -719_528;

  private static final long LAST_DAY = 2_932_896;
  private static final long MICROS_PER_SECOND = 1_000_000;
  private static final long MICROS_PER_DAY = 86_400 * MICROS_PER_SECOND;

  private static final long TIME_MICROS_MAX = 3_020_399 * MICROS_PER_SECOND;

  /** Of Date, which has 16 bits, and of DateTime, which has 32. */
  private static final long DATE_DAYS_MAX = 65_535;

  private static final long DATE_TIME_SECONDS_MAX = 4_294_967_295L;
  private static final BigInteger UINT64_MAX =
      BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);
  private static final Pattern SCALED = Pattern.compile("\\w+\\((\\d+)(?:, ?(\\d+))?.*");
  private static final Pattern TEXT =
      Pattern.compile("(?:var)?char\\((\\d+)\\)", Pattern.CASE_INSENSITIVE);
  private static final int SHOWN_BYTES = 40;

  long unsigned(long value, long max) {
    return within(value, 0, max, Long.toString(value));
  }

  BigDecimal unsigned64(BigDecimal value) {
    if (value.signum() < 0 || value.toBigInteger().compareTo(UINT64_MAX) > 0) {
      throw unfit(value.toPlainString(), "0 to " + UINT64_MAX);
    }
    return value;
  }

  int days(int days) {
    boolean narrow = engineType.equals("Date");
    long first = narrow ? 0 : FIRST_DAY;
    long last = narrow ? DATE_DAYS_MAX : LAST_DAY;
    if (days < first || days > last) {
      throw unfit(
          LocalDate.ofEpochDay(days).toString(),
          LocalDate.ofEpochDay(first) + " to " + LocalDate.ofEpochDay(last));
    }
    return days;
  }

  /** Fractions of a second beyond the column's are cut off, before 1970 as after it. */
  long micros(long micros) {
    boolean narrow = !engineType.startsWith("DateTime64(");
    long unit = narrow ? MICROS_PER_SECOND : fractionUnit();
    long first = narrow ? 0 : FIRST_DAY * MICROS_PER_DAY;
    long end =
        narrow ? (DATE_TIME_SECONDS_MAX + 1) * MICROS_PER_SECOND : (LAST_DAY + 1) * MICROS_PER_DAY;
    if (micros < first || micros >= end) {
      throw unfit(instant(micros), instant(first) + " to " + instant(end - unit));
    }
    return Math.floorDiv(micros, unit) * unit;
  }

  /** A TIME of MySQL, to 838:59:59 on both sides of zero; its fraction is cut towards zero. */
  long timeMicros(long micros) {
    within(micros, -TIME_MICROS_MAX, TIME_MICROS_MAX, Long.toString(micros));
    return micros - micros % fractionUnit();
  }

  /** Microseconds of the last digit after the second. */
  private long fractionUnit() {
    long unit = MICROS_PER_SECOND;
    for (int digit = 0; digit < parameter(1); digit += 1) {
      unit /= 10;
    }
    return unit;
  }

  /** A decimal beyond 38 digits, which Spark has as text. */
  String decimalText(String text) {
    try {
      BigDecimal value = new BigDecimal(text.trim()).setScale(parameter(2));
      if (value.precision() <= parameter(1)) {
        return value.toPlainString();
      }
    } catch (NumberFormatException | ArithmeticException error) {
      // Told below: it is no number, or has too many digits after the point.
    }
    throw unfit(
        text,
        "numbers of " + parameter(1) + " digits, " + parameter(2) + " of them after the point");
  }

  /** ClickHouse would fill shorter ones up with zeros, which are read back with them. */
  byte[] fixedBytes(byte[] bytes) {
    int length = parameter(1);
    if (bytes.length != length) {
      String start = HexFormat.of().formatHex(bytes, 0, Math.min(bytes.length, SHOWN_BYTES));
      throw unfit(
          "X'" + start + (bytes.length > SHOWN_BYTES ? "…" : "") + "', " + bytes.length + " bytes",
          length + " bytes; rpad(x, " + length + ", X'00') fills up");
    }
    return bytes;
  }

  /** The characters that a VARCHAR or CHAR holds; 0 for other types. */
  static int textLength(String mysqlType) {
    Matcher match = TEXT.matcher(mysqlType == null ? "" : mysqlType);
    return match.lookingAt() ? Integer.parseInt(match.group(1)) : 0;
  }

  UTF8String text(UTF8String text, int charactersMax) {
    if (text.numChars() > charactersMax) {
      throw unfit(
          "a text of " + text.numChars() + " characters, '" + text.substring(0, SHOWN_BYTES) + "'",
          charactersMax + " characters");
    }
    return text;
  }

  /** The text of a value that is none in the engine. */
  UTF8String text(UTF8String text, Predicate<String> check) {
    if (!check.test(text.toString())) {
      throw unfit("'" + text.substring(0, SHOWN_BYTES) + "'", "the texts that reading it gives");
    }
    return text;
  }

  UncheckedIOException noNull() {
    return unfit("NULL", "values alone");
  }

  private long within(long value, long min, long max, String shown) {
    if (value < min || value > max) {
      throw unfit(shown, min + " to " + max);
    }
    return value;
  }

  private int parameter(int index) {
    Matcher match = SCALED.matcher(engineType);
    if (match.matches() && match.group(index) != null) {
      return Integer.parseInt(match.group(index));
    }
    throw new IllegalStateException(engineType + " has no parameter " + index);
  }

  private static String instant(long micros) {
    return Instant.EPOCH
        .plusSeconds(Math.floorDiv(micros, MICROS_PER_SECOND))
        .plusNanos(Math.floorMod(micros, MICROS_PER_SECOND) * 1_000)
        .toString();
  }

  private UncheckedIOException unfit(String value, String holds) {
    return new UncheckedIOException(
        FlashException.ofRequest(
            "Column " + column + " can't hold " + value,
            "It is " + engineType + ": " + holds + ". Nothing of the job is written."));
  }
}

package com.theflash.spark;

import com.theflash.client.FlashException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.apache.spark.unsafe.types.UTF8String;

/** Names that a map may have; others are refused, so that no misspelt one is passed over. */
final class KnownNames {
  /** Spark hands its own marks on under names that begin so. */
  private static final String SPARK_MARK = "__";

  private KnownNames() {}

  /**
   * @param what the given are, for the message
   * @throws FlashException INVALID_REQUEST for one that is not known, with the nearest that is
   */
  static void check(String what, Collection<String> given, List<String> known)
      throws FlashException {
    for (String each : given) {
      if (!each.startsWith(SPARK_MARK) && known.stream().noneMatch(each::equalsIgnoreCase)) {
        String nearest =
            known.stream().min(Comparator.comparingInt(name -> distance(name, each))).orElseThrow();
        throw FlashException.ofRequest(
            what + " has no meaning to theflash: " + each,
            "Did you mean " + nearest + "? All are in docs/spark.md.");
      }
    }
  }

  private static int distance(String left, String right) {
    return UTF8String.fromString(left.toLowerCase(Locale.ROOT))
        .levenshteinDistance(UTF8String.fromString(right.toLowerCase(Locale.ROOT)));
  }
}

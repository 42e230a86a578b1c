package com.theflash.spark.write;

import com.theflash.spark.EngineType;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Which texts are values of an engine type that Spark sees as text. */
final class TextChecks {
  private static final Pattern UUID =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
  private static final String BYTE = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
  private static final Pattern IPV4 = Pattern.compile("(" + BYTE + "\\.){3}" + BYTE);

  /** Of these characters alone a name is an address to Java, which then asks no network. */
  private static final Pattern IPV6 = Pattern.compile("(?=.*:.*:)[0-9a-fA-F:.]+");

  private static final Pattern INTEGER = Pattern.compile("0|-?[1-9]\\d{0,77}");

  private TextChecks() {}

  static boolean isChecked(String engineType) {
    return engineType.matches("(?s)UUID|IPv4|IPv6|U?Int(128|256)|Enum(8|16)\\(.*");
  }

  static Predicate<String> of(String engineType) {
    return switch (engineType) {
      case "UUID" -> UUID.asMatchPredicate();
      case "IPv4" -> IPV4.asMatchPredicate();
      case "IPv6" -> TextChecks::isIpv6;
      case "Int128" -> integers(127, true);
      case "UInt128" -> integers(128, false);
      case "Int256" -> integers(255, true);
      case "UInt256" -> integers(256, false);
      default -> Set.copyOf(EngineType.enumMembers(engineType).values())::contains;
    };
  }

  private static Predicate<String> integers(int bits, boolean signed) {
    return text -> {
      if (!INTEGER.matcher(text).matches()) {
        return false;
      }
      BigInteger value = new BigInteger(text);
      return value.bitLength() <= bits && (signed || value.signum() >= 0);
    };
  }

  private static boolean isIpv6(String text) {
    try {
      return IPV6.matcher(text).matches() && InetAddress.getByName(text) != null;
    } catch (UnknownHostException error) {
      return false;
    }
  }
}

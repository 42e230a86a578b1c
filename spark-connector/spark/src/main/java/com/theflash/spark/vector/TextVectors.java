package com.theflash.spark.vector;

import com.theflash.spark.EngineType;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.FixedSizeBinaryVector;
import org.apache.arrow.vector.SmallIntVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.UInt4Vector;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.Platform;
import org.apache.spark.unsafe.types.UTF8String;

/** Engine types that Spark sees as text, in the form in which ClickHouse writes them. */
final class TextVectors {
  private TextVectors() {}

  /** Gives the column of a type that comes as something else than text; null for others. */
  static FlashVector create(String engineType, FieldVector vector) {
    if (vector instanceof FixedSizeBinaryVector) {
      return switch (engineType) {
        case "UUID" -> new Uuid();
        case "IPv6" -> new Ipv6();
        case "Int128", "UInt128", "Int256", "UInt256" ->
            new WideInteger(engineType.endsWith("128") ? 16 : 32, engineType.startsWith("U"));
        default -> null;
      };
    } else if (vector instanceof UInt4Vector && engineType.equals("IPv4")) {
      return new Ipv4();
    } else if (vector instanceof TinyIntVector && EngineType.is(engineType, "Enum8")) {
      return new EnumMember(engineType, 1);
    } else if (vector instanceof SmallIntVector && EngineType.is(engineType, "Enum16")) {
      return new EnumMember(engineType, 2);
    }
    return null;
  }

  private abstract static class Formatted extends FlashVector {
    Formatted() {
      super(DataTypes.StringType);
    }

    abstract String format(int row);

    @Override
    public UTF8String getUTF8String(int row) {
      return UTF8String.fromString(format(row));
    }
  }

  /** Comes in the order of its digits. */
  static final class Uuid extends Formatted {
    @Override
    String format(int row) {
      long address = dataAddress + 16L * row;
      long high = Long.reverseBytes(Platform.getLong(null, address));
      long low = Long.reverseBytes(Platform.getLong(null, address + 8));
      return new UUID(high, low).toString();
    }
  }

  static final class Ipv4 extends Formatted {
    @Override
    String format(int row) {
      int bits = Platform.getInt(null, dataAddress + 4L * row);
      return (bits >>> 24)
          + "."
          + (bits >> 16 & 255)
          + "."
          + (bits >> 8 & 255)
          + "."
          + (bits & 255);
    }
  }

  /**
   * The longest run of zeros is left out, and IPv4 addresses inside keep their form. Source:
   * ClickHouse 25, Common/formatIPv6.cpp.
   */
  static final class Ipv6 extends Formatted {
    private static final int WORDS = 8;

    @Override
    String format(int row) {
      int[] words = new int[WORDS];
      for (int index = 0; index < WORDS; index += 1) {
        short word = Platform.getShort(null, dataAddress + 16L * row + 2L * index);
        words[index] = Short.toUnsignedInt(Short.reverseBytes(word));
      }
      int start = WORDS;
      int length = 1;
      for (int index = 0; index < WORDS; index += 1) {
        int end = index;
        while (end < WORDS && words[end] == 0) {
          end += 1;
        }
        if (end - index > length) {
          start = index;
          length = end - index;
        }
      }
      return format(words, start, start == WORDS ? 0 : length);
    }

    private static String format(int[] words, int start, int length) {
      StringBuilder text = new StringBuilder();
      boolean mapped = start == 0 && (length == 6 || (length == 5 && words[5] == 0xffff));
      for (int index = 0; index < WORDS; index += 1) {
        if (index == start && length > 0) {
          text.append("::");
          index += length - 1;
          continue;
        }
        if (index > 0 && text.charAt(text.length() - 1) != ':') {
          text.append(':');
        }
        if (index == 6 && mapped) {
          text.append(words[6] >> 8).append('.').append(words[6] & 255);
          return text.append('.')
              .append(words[7] >> 8)
              .append('.')
              .append(words[7] & 255)
              .toString();
        }
        text.append(Integer.toHexString(words[index]));
      }
      return text.toString();
    }
  }

  static final class WideInteger extends Formatted {
    private final int bytes;
    private final boolean unsigned;

    WideInteger(int bytes, boolean unsigned) {
      this.bytes = bytes;
      this.unsigned = unsigned;
    }

    @Override
    String format(int row) {
      return DecimalVectors.readInteger(dataAddress + (long) bytes * row, bytes, unsigned)
          .toString();
    }
  }

  static final class EnumMember extends FlashVector {
    private final Map<Integer, UTF8String> members = new HashMap<>();
    private final int bytes;

    EnumMember(String engineType, int bytes) {
      super(DataTypes.StringType);
      this.bytes = bytes;
      EngineType.enumMembers(engineType)
          .forEach((number, member) -> members.put(number, UTF8String.fromString(member)));
    }

    @Override
    public UTF8String getUTF8String(int row) {
      int number =
          bytes == 1
              ? Platform.getByte(null, dataAddress + row)
              : Platform.getShort(null, dataAddress + 2L * row);
      UTF8String member = members.get(number);
      if (member == null) {
        throw new IllegalStateException(
            "The column's type has no member "
                + number
                + ". Was the table changed? Load it again.");
      }
      return member;
    }
  }
}

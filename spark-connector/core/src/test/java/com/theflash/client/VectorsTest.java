package com.theflash.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The bytes that all implementations share: test/vectors. */
class VectorsTest {
  private static final int FRAME_BYTES_MAX = 65_536;
  private static final HexFormat HEX = HexFormat.of();

  @Test
  void messagesBecomeTheBytesOfTheVectors() throws IOException {
    for (JsonNode conversation : read("conversations.json")) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      FrameWriter writer = new FrameWriter(out);
      writer.setBodyBytesMax(FRAME_BYTES_MAX);
      for (JsonNode step : steps(conversation, "client")) {
        out.reset();
        write(writer, step);
        String what = conversation.path("name").asText() + " " + step.path("type").asText();
        assertEquals(step.path("hex").asText(), HEX.formatHex(out.toByteArray()), what);
      }
    }
  }

  @Test
  void theBytesOfTheVectorsBecomeMessagesWhateverChunksTheyComeIn() throws IOException {
    for (JsonNode conversation : read("conversations.json")) {
      for (String side : List.of("client", "server")) {
        List<JsonNode> steps = steps(conversation, side);
        steps.removeIf(step -> step.path("type").asText().equals("PREFACE"));
        for (int chunkBytes : new int[] {1, 7, 4096}) {
          FrameReader reader =
              new FrameReader(new Chunks(join(steps), chunkBytes), FRAME_BYTES_MAX, 1_000_000);
          for (JsonNode step : steps) {
            Message message = reader.next();
            assertEquals(step.path("type").asText(), message.type().name());
            assertEquals(step.path("streamId").asInt(), message.streamId());
            assertEquals(step.path("fields"), message.fields());
            byte[] payload = new byte[message.payload().remaining()];
            message.payload().get(payload);
            assertEquals(step.path("payload").asText(), HEX.formatHex(payload));
          }
          assertThrows(EOFException.class, reader::next);
        }
      }
    }
  }

  @Test
  void bytesThatEndEarlyOrChangeAreErrors() throws IOException {
    for (JsonNode conversation : read("conversations.json")) {
      List<JsonNode> steps = steps(conversation, "server");
      byte[] whole = join(steps.subList(0, Math.min(2, steps.size())));
      for (int length = 0; length < whole.length; length += 1) {
        byte[] cut = Arrays.copyOf(whole, length);
        assertThrows(EOFException.class, () -> drain(cut), "cut at " + length);
        byte[] changed = whole.clone();
        changed[length] ^= 0x10;
        assertThrows(IOException.class, () -> drain(changed), "changed at " + length);
      }
    }
  }

  @Test
  void whatMustBeRefusedIsRefusedWithItsCode() throws IOException {
    for (JsonNode refusal : read("refusals.json")) {
      byte[] bytes = HEX.parseHex(refusal.path("hex").asText());
      FlashException error = assertThrows(FlashException.class, () -> drain(bytes));
      assertEquals(refusal.path("code").asText(), error.code(), refusal.path("name").asText());
    }
  }

  @Test
  void proofsAreThoseOfTheVectors() throws IOException {
    JsonNode proofs = read("proofs.json");
    for (String side : List.of("client", "server")) {
      String proof =
          AuthProof.of(
              side,
              proofs.path("token").asText(),
              proofs.path("serverId").asText(),
              proofs.path("serverNonce").asText(),
              proofs.path("clientNonce").asText());
      assertEquals(proofs.path(side).asText(), proof);
    }
  }

  private static void drain(byte[] bytes) throws IOException {
    FrameReader reader =
        new FrameReader(new ByteArrayInputStream(bytes), FRAME_BYTES_MAX, 1_000_000);
    while (true) {
      reader.next();
    }
  }

  private static void write(FrameWriter writer, JsonNode step) throws IOException {
    if (step.path("type").asText().equals("PREFACE")) {
      writer.writePreface(1, 1);
      return;
    }
    MessageType type = MessageType.valueOf(step.path("type").asText());
    byte[] payload = HEX.parseHex(step.path("payload").asText());
    ByteBuffer buffer = type.hasPayload() ? ByteBuffer.wrap(payload) : null;
    writer.write(type, step.path("streamId").asInt(), (ObjectNode) step.path("fields"), buffer);
  }

  private static byte[] join(List<JsonNode> steps) {
    StringBuilder hex = new StringBuilder();
    steps.forEach(step -> hex.append(step.path("hex").asText()));
    return HEX.parseHex(hex);
  }

  private static List<JsonNode> steps(JsonNode conversation, String side) {
    List<JsonNode> steps = new ArrayList<>();
    for (JsonNode step : conversation.path("steps")) {
      if (step.path("from").asText().equals(side)) {
        steps.add(step);
      }
    }
    return steps;
  }

  private static JsonNode read(String name) throws IOException {
    return new ObjectMapper()
        .readTree(ServeProcess.root().resolve("test/vectors").resolve(name).toFile());
  }

  /** Gives bytes in pieces of a size, as a socket may. */
  private static final class Chunks extends InputStream {
    private final InputStream bytes;
    private final int chunkBytes;

    Chunks(byte[] bytes, int chunkBytes) {
      this.bytes = new ByteArrayInputStream(bytes);
      this.chunkBytes = chunkBytes;
    }

    @Override
    public int read() throws IOException {
      return bytes.read();
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      return bytes.read(target, offset, Math.min(length, chunkBytes));
    }
  }
}

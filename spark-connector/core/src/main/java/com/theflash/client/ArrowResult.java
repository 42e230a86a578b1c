package com.theflash.client;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ReadChannel;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * The rows of a scan or query, batch by batch, in vectors that each batch fills anew.
 *
 * <p>A result that ends early is an error: only END with counts that fit what came ends it well.
 * Closing it cancels the query and frees every byte. Of one thread.
 */
public final class ArrowResult implements AutoCloseable {
  private final Connection connection;
  private final long windowBytes;
  private final BufferAllocator allocator;
  private final VectorSchemaRoot root;
  private final VectorLoader loader;
  private long rows;
  private long batches;
  private long bytes;
  private long takenBytes;
  private long waitNanos;
  private boolean ended;

  private ArrowResult(
      Connection connection, long windowBytes, BufferAllocator allocator, Schema schema) {
    this.connection = connection;
    this.windowBytes = windowBytes;
    this.allocator = allocator;
    this.root = VectorSchemaRoot.create(schema, allocator);
    this.loader = new VectorLoader(root);
  }

  /** Takes over a connection after OPENED, and reads the schema. */
  static ArrowResult open(Connection connection, long windowBytes, BufferAllocator allocator)
      throws FlashException {
    ByteBuffer payload = connection.receive(MessageType.SCHEMA).payload();
    int schemaBytes = payload.remaining();
    Schema schema;
    try {
      schema = MessageSerializer.deserializeSchema(channel(payload));
    } catch (IOException error) {
      throw FlashException.ofProtocol("SCHEMA is no Arrow schema: " + error.getMessage());
    }
    ArrowResult result = new ArrowResult(connection, windowBytes, allocator, schema);
    result.bytes = schemaBytes;
    return result;
  }

  /** The vectors that {@link #next} fills; theirs, and gone with {@link #close}. */
  public VectorSchemaRoot root() {
    return root;
  }

  /** Rows so far. */
  public long rows() {
    return rows;
  }

  /** Bytes so far, as they crossed the wire. */
  public long bytes() {
    return bytes;
  }

  public long batches() {
    return batches;
  }

  /** How long the reader waited for the network and the server. */
  public long waitNanos() {
    return waitNanos;
  }

  /**
   * Loads the next batch; false at the end.
   *
   * @throws FlashException the server's; CONNECTION where the stream broke; PROTOCOL where it is
   *     not whole
   */
  public boolean next() throws FlashException {
    if (ended) {
      return false;
    }
    long start = System.nanoTime();
    Message message = connection.receive();
    waitNanos += System.nanoTime() - start;
    switch (message.type()) {
      case BATCH -> load(message);
      case END -> checkEnd(message);
      default -> {
        connection.close();
        throw FlashException.ofProtocol("A result goes on with " + message.type());
      }
    }
    return !ended;
  }

  /** Cancels what still runs: the server ends the query with the connection. */
  @Override
  public void close() {
    connection.close();
    root.close();
  }

  private void load(Message message) throws FlashException {
    long messageRows = Json.integer(message.fields(), "rows");
    int messageBytes = message.payload().remaining();
    try (ArrowRecordBatch batch =
        MessageSerializer.deserializeRecordBatch(channel(message.payload()), allocator)) {
      if (batch.getLength() != messageRows) {
        throw FlashException.ofProtocol(
            "BATCH announces " + messageRows + " rows and has " + batch.getLength());
      }
      loader.load(batch);
    } catch (FlashException error) {
      throw error;
    } catch (IOException error) {
      throw FlashException.ofProtocol("BATCH is no Arrow record batch: " + error.getMessage());
    }
    rows += messageRows;
    batches += 1;
    bytes += messageBytes;
    giveCredit(messageBytes);
  }

  /** Half a window at a time: a message each would double the traffic of small batches. */
  private void giveCredit(long spentBytes) throws FlashException {
    takenBytes += spentBytes;
    if (takenBytes >= windowBytes / 2) {
      connection.send(MessageType.CREDIT, Json.object().put("bytes", takenBytes), null);
      takenBytes = 0;
    }
  }

  private void checkEnd(Message end) throws FlashException {
    ended = true;
    connection.close();
    boolean whole =
        Json.integer(end.fields(), "rows") == rows
            && Json.integer(end.fields(), "batches") == batches
            && Json.integer(end.fields(), "bytes") == bytes;
    if (!whole) {
      throw FlashException.ofProtocol(
          "A result is not whole: got " + rows + " rows of " + end.fields());
    }
  }

  private static ReadChannel channel(ByteBuffer payload) {
    return new ReadChannel(
        new ReadableByteChannel() {
          @Override
          public int read(ByteBuffer target) {
            if (!payload.hasRemaining()) {
              return -1;
            }
            int count = Math.min(target.remaining(), payload.remaining());
            ByteBuffer part = payload.duplicate().limit(payload.position() + count);
            target.put(part);
            payload.position(payload.position() + count);
            return count;
          }

          @Override
          public boolean isOpen() {
            return true;
          }

          @Override
          public void close() {
            // The message's buffer is the connection's.
          }
        });
  }
}

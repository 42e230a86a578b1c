package com.theflash.spark;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.Appender;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.config.Property;

/** All that this JVM logs at INFO and above, Spark's own level, beside what it prints. */
final class LogCapture extends AbstractAppender implements AutoCloseable {
  private final Queue<String> lines = new ConcurrentLinkedQueue<>();
  private final Level before;

  private LogCapture(Level before) {
    super("capture", null, null, true, Property.EMPTY_ARRAY);
    this.before = before;
  }

  static LogCapture begin() {
    Level before = root().getLevel();
    LogCapture capture = new LogCapture(before);
    capture.start();
    for (Appender each : root().getAppenders().values()) {
      root().removeAppender(each.getName());
      root().addAppender(each, before, null);
    }
    root().addAppender(capture, Level.INFO, null);
    root().setLevel(Level.INFO);
    context().updateLoggers();
    return capture;
  }

  @Override
  public void append(LogEvent event) {
    lines.add(event.getMessage().getFormattedMessage());
    for (Throwable each = event.getThrown(); each != null; each = each.getCause()) {
      lines.add(String.valueOf(each));
    }
  }

  /** The messages that contain a text. */
  List<String> find(String text) {
    return lines.stream().filter(each -> each.contains(text)).toList();
  }

  @Override
  public void close() {
    root().removeAppender(getName());
    root().setLevel(before);
    context().updateLoggers();
    stop();
  }

  private static LoggerConfig root() {
    return context().getConfiguration().getRootLogger();
  }

  private static LoggerContext context() {
    return (LoggerContext) LogManager.getContext(false);
  }
}

package com.theflash.spark.write;

import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.connector.write.WriterCommitMessage;

/**
 * What a task tells the driver: which attempt's rows are the job's.
 *
 * @param deletes some of them are keys that are to be deleted
 */
record TaskCommit(long taskId, boolean deletes) implements WriterCommitMessage {

  /** Gives the attempts of a job's messages; a task that never ran has none. */
  static List<Long> attempts(WriterCommitMessage[] messages) {
    return Arrays.stream(messages)
        .filter(each -> each instanceof TaskCommit)
        .map(each -> ((TaskCommit) each).taskId())
        .toList();
  }

  static boolean anyDeletes(WriterCommitMessage[] messages) {
    return Arrays.stream(messages)
        .anyMatch(each -> each instanceof TaskCommit commit && commit.deletes());
  }
}

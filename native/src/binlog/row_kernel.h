#ifndef THEFLASH_BINLOG_ROW_KERNEL_H_
#define THEFLASH_BINLOG_ROW_KERNEL_H_

#include <cstddef>
#include <cstdint>

namespace theflash::binlog {

// What one call came to. Numbers are those of src/binlog/rows/row-kernel.ts.
enum class Outcome : int32_t {
  kDone = 0,
  kNeedsRows = 1,        // room for one more row
  kNeedsData = 2,        // room for `need_bytes` more in column `need_column`
  kNeedsValidity = 3,    // bits of validity for column `need_column`
  kLeftToReference = 4,  // something rare or broken: the reference decoder has to say
};

// What stands in the memory that the caller shares: numbers as doubles, as JavaScript has them.
struct Shared {
  double row;
  double row_capacity;
  double at;  // where in the event the next change starts
  double need_column;
  double need_bytes;
  double delmarks;  // addresses, from here on
  double layout;
  double aux;
};

struct SharedColumn {
  double values;
  double offsets;
  double validity;  // 0 while no row is NULL
  double data;
  double data_length;
  double data_capacity;
  double null_count;
  double zero_dates;
};

// What becomes of the images of an event. Numbers are those of row-kernel.ts.
enum class Change : int32_t { kInsert = 0, kDelete = 1, kUpdate = 2 };

// Appends the rows of an event from `shared->at` on, whole changes only, until it ends or something
// stands in the way. Never reads outside of the event, nor writes outside of the buffers.
Outcome AppendRows(Shared* shared, const uint8_t* rows, size_t rows_len, Change change);

}  // namespace theflash::binlog

#endif  // THEFLASH_BINLOG_ROW_KERNEL_H_

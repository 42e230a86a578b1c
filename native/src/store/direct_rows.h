// Rows that a commit inserts straight into their tables. For the few rows of a small batch, making,
// filling, attaching and dropping a staging table takes more than twice as long (bench/batches.ts).
// Between the commit and its end they wait in one file of the folder, as other rows wait in staging
// tables.
#ifndef THEFLASH_STORE_DIRECT_ROWS_H_
#define THEFLASH_STORE_DIRECT_ROWS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace theflash {

// A whole Arrow IPC stream.
using Rows = std::shared_ptr<const std::vector<uint8_t>>;

// Bytes of Arrow streams: of one table, and of all tables of a batch. More go to staging tables,
// which take no memory, and whose parts are only linked while readers wait.
inline constexpr size_t kDirectTableBytesMax = size_t{256} << 10U;
inline constexpr size_t kDirectBatchBytesMax = size_t{8} << 20U;

// An INSERT without FORMAT for rows that give every column of the table, the hidden ones too.
std::string InsertSql(const std::string& table, const std::vector<std::string>& columns);

// The same for the columns of a whole Arrow stream.
std::string InsertSql(const std::string& table, std::span<const uint8_t> arrow_stream);

// The file. It holds the rows of one commit at a time, by names that are given once.
class DirectRowsFile {
 public:
  explicit DirectRowsFile(std::string file) : file_(std::move(file)) {}

  // Puts the rows in place of what was there; durable when it returns.
  void Write(const std::map<std::string, Rows>& rows_by_name) const;

  // What Write put there; empty where there is none.
  // Errors: TF_BROKEN_DATA where the file is not as it was written.
  std::map<std::string, Rows> Read() const;

  // Takes it away durably, if it is there.
  void Remove() const;

 private:
  std::string file_;
};

}  // namespace theflash

#endif  // THEFLASH_STORE_DIRECT_ROWS_H_

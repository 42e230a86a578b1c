#include "store/direct_rows.h"

#include <cstring>
#include <string_view>

#include "arrow/arrow_ipc.h"
#include "base/crc32.h"
#include "base/files.h"
#include "base/status.h"
#include "sql/quote.h"

namespace theflash {
namespace {

// A NULL for a column that can't hold one, or a column that is missing, is an error, not a default.
// Merges keep the count of parts low; an insert that waits for them would hold readers up.
constexpr std::string_view kInsertSettings =
    " SETTINGS async_insert = 0, insert_allow_materialized_columns = 1,"
    " input_format_null_as_default = 0, input_format_arrow_allow_missing_columns = 0,"
    " parts_to_delay_insert = 1000000000, parts_to_throw_insert = 1000000000";

// The file: the CRC-32 of all that comes after it, and for each table
//
//   | name bytes u64 | stream bytes u64 | name | stream |   little-endian
uint32_t SumOf(std::string_view bytes) {
  return Crc32(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

Error BrokenFile(const std::string& file, const char* what) {
  return {TF_BROKEN_DATA, file + what + ": rows of the last commit are missing",
          "Restore the engine's folder from a backup, or copy its tables anew."};
}

void AppendSize(std::string* text, size_t size) {
  const auto value = static_cast<uint64_t>(size);
  text->append(reinterpret_cast<const char*>(&value), sizeof value);
}

// Takes the first `size` bytes off.
std::string_view Take(std::string_view* rest, uint64_t size, const std::string& file) {
  if (size > rest->size()) {
    throw BrokenFile(file, " is cut short");
  }
  const std::string_view taken = rest->substr(0, size);
  rest->remove_prefix(size);
  return taken;
}

uint64_t TakeSize(std::string_view* rest, const std::string& file) {
  uint64_t size;
  std::memcpy(&size, Take(rest, sizeof size, file).data(), sizeof size);
  return size;
}

}  // namespace

std::string InsertSql(const std::string& table, const std::vector<std::string>& columns) {
  std::string list;
  for (const std::string& column : columns) list += (list.empty() ? "" : ", ") + QuoteName(column);
  return "INSERT INTO " + table + " (" + list + ")" + std::string(kInsertSettings);
}

std::string InsertSql(const std::string& table, std::span<const uint8_t> arrow_stream) {
  const auto schema = ArrowReader(arrow_stream).Next();
  if (!schema || schema->header != ArrowHeader::kSchema) {
    throw Error(TF_INVALID, "rows for " + table + ": the Arrow stream has no schema");
  }
  return InsertSql(table, FieldNames(*schema));
}

void DirectRowsFile::Write(const std::map<std::string, Rows>& rows_by_name) const {
  std::string text;
  for (const auto& [name, rows] : rows_by_name) {
    AppendSize(&text, name.size());
    AppendSize(&text, rows->size());
    text += name;
    text.append(reinterpret_cast<const char*>(rows->data()), rows->size());
  }
  const uint32_t sum = SumOf(text);
  text.insert(0, reinterpret_cast<const char*>(&sum), sizeof sum);
  ReplaceFile(file_, text);
}

std::map<std::string, Rows> DirectRowsFile::Read() const {
  const auto text = ReadFile(file_);
  std::map<std::string, Rows> rows_by_name;
  if (!text) return rows_by_name;
  std::string_view rest = *text;
  uint32_t sum;
  std::memcpy(&sum, Take(&rest, sizeof sum, file_).data(), sizeof sum);
  if (sum != SumOf(rest)) throw BrokenFile(file_, " is not as it was written");
  while (!rest.empty()) {
    const uint64_t name_size = TakeSize(&rest, file_);
    const uint64_t stream_size = TakeSize(&rest, file_);
    const std::string name(Take(&rest, name_size, file_));
    const std::string_view stream = Take(&rest, stream_size, file_);
    rows_by_name[name] = std::make_shared<const std::vector<uint8_t>>(stream.begin(), stream.end());
  }
  return rows_by_name;
}

void DirectRowsFile::Remove() const { RemoveFile(file_); }

}  // namespace theflash

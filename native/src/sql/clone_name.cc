#include "sql/clone_name.h"

#include <algorithm>
#include <cctype>

namespace theflash::sql {
namespace {

// Bytes of a table's name that ClickHouse makes a file name of: each but letters, digits and _
// takes three there, of 255 less the ".sql".
constexpr size_t kCloneNameMax = 200;

bool IsWordChar(unsigned char c) { return std::isalnum(c) != 0 || c == '_'; }

}  // namespace

std::string CloneName(std::string_view database, std::string_view table, std::string_view id) {
  const std::string names = std::string(database) + std::string(table);
  const auto is_plain = [](unsigned char c) { return IsWordChar(c) || c == '-' || c >= 0x80; };
  const auto escaped = static_cast<size_t>(
      std::count_if(names.begin(), names.end(), [](unsigned char c) { return !IsWordChar(c); }));
  if (!std::all_of(names.begin(), names.end(), is_plain) ||
      names.size() + 2 * escaped > kCloneNameMax) {
    return std::string(id);
  }
  return std::string(kCloneBegin) + std::string(database) + "." + std::string(table) + "." +
         std::string(id);
}

}  // namespace theflash::sql

#include "folder/folder_format.h"

#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "base/status.h"
#include "folder/overlay.h"
#include "sql/quote.h"
#include "sql/rewrite.h"

namespace theflash {
namespace {

constexpr std::string_view kFile = "format";

std::string CurrentText() {
  return "format " + std::to_string(FolderFormat::kCurrent) + "\nlevel " +
         std::string(PatchLevel()) + "\nengine " + std::string(EngineVersion()) + "\n";
}

// The release of a ClickHouse version: {26, 7} of 26.7.2.1; zeros where it is no version.
std::pair<int, int> ReleaseOf(std::string_view version) {
  std::pair<int, int> release;
  char point = 0;
  std::istringstream in{std::string(version)};
  in >> release.first >> point >> release.second;
  return release;
}

// Format 0 has tables whose version column does not take the version of a statement.
void UpgradeVersionColumns(Connection& connection) {
  const std::string expression(sql::kVersionExpression);
  const std::string column(sql::kVersionColumn);
  for (const auto& row :
       connection.Rows("SELECT c.database, c.table FROM system.columns AS c INNER JOIN "
                       "system.tables AS t ON t.database = c.database AND t.name = c.table WHERE "
                       "c.name = " +
                       QuoteText(column) +
                       " AND c.default_kind = 'MATERIALIZED' AND t.engine = 'ReplacingMergeTree' "
                       "AND c.default_expression <> " +
                       QuoteText(expression))) {
    connection.Execute("ALTER TABLE " + QuoteTable(row.at(0), row.at(1)) + " MODIFY COLUMN " +
                       column + " UInt64 MATERIALIZED " + expression);
  }
}

}  // namespace

FolderFormat::FolderFormat(const Folder& folder) : folder_(folder) {
  std::ifstream in(folder.OwnPath(kFile));
  text_.assign(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  std::string engine;
  std::istringstream lines(text_);
  for (std::string word, value; lines >> word >> value;) {
    if (word == "format") format_ = std::strtoull(value.c_str(), nullptr, 10);
    if (word == "engine") engine = value;
  }
  if (format_ > kCurrent) {
    throw Error(TF_BROKEN_DATA,
                folder.path() + " is of folder format " + std::to_string(format_) +
                    ", and this TheFlash knows formats up to " + std::to_string(kCurrent),
                "Open it with the TheFlash that wrote it, or a later one.");
  }
  if (ReleaseOf(engine) > ReleaseOf(EngineVersion())) {
    throw Error(TF_BROKEN_DATA,
                folder.path() + " was written by ClickHouse " + engine + ", and this ch.so is " +
                    std::string(EngineVersion()) +
                    ": an older engine may misread what a newer one wrote",
                "Build ch.so on that release or a later one: theflash build-ch --ch VERSION.");
  }
}

void FolderFormat::Upgrade(Connection& connection) {
  if (format_ < 1) UpgradeVersionColumns(connection);
  if (text_ != CurrentText()) folder_.ReplaceFile(kFile, CurrentText());
}

}  // namespace theflash

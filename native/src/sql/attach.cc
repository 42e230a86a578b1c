// Which parts belong to which table is told by UUIDs, and the engine chooses them: SQL that names
// one would open the parts of a mutable table as another one.
#include "sql/statement.h"

namespace theflash::sql {
namespace {

// Index after "[IF NOT EXISTS] d.t", which begins at `at`.
size_t AfterName(const Source& source, size_t at) {
  const Tokens& tokens = source.tokens;
  if (tokens.IsWord(at, "IF")) at += 3;
  const std::optional<TableName> name = ReadTableName(source, at);
  return name ? name->end : at + 1;
}

}  // namespace

void RefuseUuids(const Source& source) {
  const Tokens& tokens = source.tokens;
  if (!BeginsWithAny(tokens, 0, {"CREATE", "ATTACH", "REPLACE", "UNDROP"})) return;
  for (size_t index = 1; index < tokens.size(); ++index) {
    if (!tokens.IsWord(index, "UUID") || !tokens.TextAt(index + 1).starts_with('\'')) continue;
    throw SqlError("A statement may not choose the UUID of a table or database",
                   "Leave the UUID out: the engine gives one.");
  }
  if (!tokens.IsWord(0, "ATTACH")) return;
  // ATTACH TABLE d.t of what was detached, and nothing after it.
  if (AfterName(source, 2) < tokens.size()) {
    throw SqlError("ATTACH takes the name of what was detached, and no definition",
                   "ATTACH TABLE d.t brings a detached table back; CREATE TABLE makes one.");
  }
}

}  // namespace theflash::sql

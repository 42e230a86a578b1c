// Mutations of plain tables. ClickHouse runs them in the background, where a subquery reads a table
// as it is stored: a mutable one with the rows that are deleted or replaced.
#include "sql/statement.h"

namespace theflash::sql {
namespace {

SqlError ReadsOther(std::string_view what) {
  return SqlError("A mutation of a plain table can't read " + std::string(what),
                  "INSERT what it gives into a plain table first, and ask that one; a mutable "
                  "table can be read with FINAL after its name.");
}

// A table whose rows are what a mutation finds in it.
bool IsStoredAsRead(const TableInfo& info) {
  const Tokens tokens(info.create_query);
  const size_t engine = tokens.FindWord(0, tokens.size(), "ENGINE");
  if (info.is_mutable || !tokens.IsSymbol(engine + 1, "=")) return false;
  return tokens.TextAt(engine + 2).ends_with("MergeTree") ||
         BeginsWithAny(tokens, engine + 2, {"Memory", "Log", "TinyLog", "StripeLog"});
}

}  // namespace

void RefuseMutationOfOthers(const Source& source, size_t from) {
  const Tokens& tokens = source.tokens;
  bool has_select = false;
  // MODIFY QUERY holds a SELECT, and is no mutation.
  bool mutates = BeginsWithAny(tokens, 0, {"DELETE", "UPDATE"});
  for (size_t at = from; at < tokens.size(); ++at) {
    has_select |= tokens.IsWord(at, "SELECT");
    mutates |= BeginsWithAny(tokens, at, {"DELETE", "UPDATE"});
  }
  if (!has_select || !mutates) return;
  for (size_t at = from; at < tokens.size(); ++at) {
    if (!BeginsWithAny(tokens, at, {"FROM", "JOIN"}) || tokens.IsSymbol(at + 1, "(")) continue;
    const std::optional<TableName> name = ReadTableName(source, at + 1);
    if (!name || tokens.IsSymbol(name->end, "(")) throw ReadsOther(tokens.TextAt(at + 1));
    const std::optional<TableInfo> info = source.catalog.Find(name->database, name->table);
    const bool is_final = info && info->is_mutable && tokens.IsWord(name->end, "FINAL");
    if (!is_final && !(info && IsStoredAsRead(*info))) throw ReadsOther(name->text);
    if (tokens.IsSymbol(name->end + (is_final ? 1 : 0), ",")) throw ReadsOther("a list of tables");
  }
}

}  // namespace theflash::sql

// OPTIMIZE and ALTER of mutable tables.
#include <algorithm>
#include <array>
#include <utility>

#include "sql/table_shape.h"

namespace theflash::sql {
namespace {

bool ChangesColumns(const Tokens& tokens, size_t at) {
  const bool verb = tokens.IsWord(at, "ADD") || tokens.IsWord(at, "DROP") ||
                    tokens.IsWord(at, "MODIFY") || tokens.IsWord(at, "ALTER") ||
                    tokens.IsWord(at, "RENAME") || tokens.IsWord(at, "CLEAR");
  return verb && tokens.IsWord(at + 1, "COLUMN");
}

// Commands of ALTER TABLE, by their first two words, that leave the versions of rows alone. All
// others are refused: a new one of the engine's is until it is looked at.
constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kCommands = {{
    {"ADD", "COLUMN"},
    {"DROP", "COLUMN"},
    {"MODIFY", "COLUMN"},
    {"ALTER", "COLUMN"},
    {"RENAME", "COLUMN"},
    {"COMMENT", "COLUMN"},
    {"CLEAR", "COLUMN"},
    {"MODIFY", "COMMENT"},
    {"MODIFY", "SETTING"},
    {"RESET", "SETTING"},
    {"ADD", "INDEX"},
    {"DROP", "INDEX"},
    {"CLEAR", "INDEX"},
    {"MATERIALIZE", "INDEX"},
    {"ADD", "CONSTRAINT"},
    {"DROP", "CONSTRAINT"},
    // Of a whole partition all versions go together: its expression is one of the key.
    {"DROP", "PARTITION"},
    {"FREEZE", ""},
}};

template <typename Commands>
bool IsAmong(const Tokens& tokens, size_t at, const Commands& commands) {
  return std::any_of(commands.begin(), commands.end(), [&](const auto& command) {
    return tokens.IsWord(at, command.first) &&
           (command.second.empty() || tokens.IsWord(at + 1, command.second));
  });
}

// Of those, the ones after which all rows are what they were.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kKeepingCommands = {{
    {"COMMENT", "COLUMN"},
    {"MODIFY", "COMMENT"},
    {"ADD", "INDEX"},
    {"DROP", "INDEX"},
    {"CLEAR", "INDEX"},
    {"MATERIALIZE", "INDEX"},
    {"ADD", "CONSTRAINT"},
    {"DROP", "CONSTRAINT"},
    {"FREEZE", ""},
}};

// `at` begins one command of an ALTER TABLE.
void CheckCommand(const Tokens& tokens, size_t at, const TableInfo& info) {
  if (tokens.IsWord(at, "DELETE") || tokens.IsWord(at, "UPDATE")) {
    throw SqlError("ALTER TABLE … " + std::string(tokens.TextAt(at)) +
                       " would rewrite the versions of a mutable table",
                   "Use DELETE FROM … WHERE or UPDATE … SET … WHERE.");
  }
  if (tokens.IsWord(at, "MODIFY") && tokens.IsWord(at + 1, "ORDER")) {
    throw SqlError("The key of a mutable table can't be changed",
                   "Make a table with the new key, and INSERT … SELECT into it.");
  }
  if (!IsAmong(tokens, at, kCommands)) {
    throw SqlError("ALTER TABLE … " + std::string(tokens.Span(at, at + 1)) +
                       " does not know the versions of a mutable table",
                   "Columns, comments, indexes, constraints and settings can be altered, and "
                   "partitions dropped.");
  }
  if (info.is_multiset && ChangesColumns(tokens, at)) {
    throw SqlError(
        "The columns of a table without a key can't be changed: all of them make up a row",
        "Make a table with the new columns, INSERT … SELECT into it, and rename it.");
  }
}

}  // namespace

Rewritten RewriteOptimize(const Source& source) {
  const Tokens& tokens = source.tokens;
  const std::optional<TableName> name = ReadTableName(source, tokens.IsWord(1, "TABLE") ? 2 : 1);
  if (!name) return std::nullopt;
  const size_t last = tokens.FindWord(name->end, tokens.size(), "ELIMINATE");
  const bool eliminate = last < tokens.size();
  const std::optional<TableInfo> info =
      eliminate ? RequireMutable(source, *name, "ELIMINATE") : FindMutable(source, *name);
  if (!info) return std::nullopt;
  if (tokens.FindWord(name->end, tokens.size(), "DEDUPLICATE") < tokens.size()) {
    throw SqlError("OPTIMIZE … DEDUPLICATE does not know the versions of a mutable table",
                   "Use OPTIMIZE TABLE … FINAL, or ELIMINATE to drop deleted keys as well.");
  }
  Edits edits;
  if (eliminate) edits.Replace(tokens.at(last).begin, tokens.at(last).end, "FINAL CLEANUP");
  Statement statement = MakeStatement(edits.Apply(source.text), Effect::kDdl, *name);
  // Merges keep the newest version of a key, be it a tombstone; a cleanup does not.
  statement.cuts_changes =
      eliminate || tokens.FindWord(name->end, tokens.size(), "CLEANUP") < tokens.size();
  return {{std::move(statement)}};
}

Rewritten RewriteAlter(const Source& source) {
  const Tokens& tokens = source.tokens;
  if (!tokens.IsWord(1, "TABLE")) return std::nullopt;
  const bool if_exists = tokens.IsWord(2, "IF") && tokens.IsWord(3, "EXISTS");
  const std::optional<TableName> name = ReadTableName(source, if_exists ? 4 : 2);
  if (!name) return std::nullopt;
  const std::optional<TableInfo> info = FindMutable(source, *name);
  if (!info) {
    RefuseMutationOfOthers(source, name->end);
    return std::nullopt;
  }
  RefuseTtl(tokens, name->end);
  bool keeps_rows = true;
  bool begins_command = true;
  for (size_t at = name->end; at < tokens.size(); ++at) {
    if (tokens.IsSymbol(at, "(") || tokens.IsSymbol(at, "[")) {
      // A command may stand in brackets of its own; its first word is looked at then.
      if (begins_command) continue;
      at = tokens.Closing(at);
      continue;
    }
    if (begins_command) {
      CheckCommand(tokens, at, *info);
      keeps_rows &= IsAmong(tokens, at, kKeepingCommands);
    }
    begins_command = tokens.IsSymbol(at, ",");
  }
  Statement statement = PassThrough(source, Effect::kDdl);
  statement.database = name->database;
  statement.table = name->table;
  statement.cuts_changes = !keeps_rows;
  return {{std::move(statement)}};
}

}  // namespace theflash::sql

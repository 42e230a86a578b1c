// Which settings a statement may set. ClickHouse's constraints (ch-patches/allowed-settings) hold
// for whole statements and not in subqueries, and can't tell the settings that ch.so itself puts
// into a statement from those of a user.
#include <algorithm>

#include "sql/statement.h"

namespace theflash::sql {
namespace {

// ch.so's own: they carry versions, and show what SQL shall not see.
constexpr std::string_view kOwnSettings[] = {
    kVersionSetting,
    "final",
    "asterisk_include_materialized_columns",
};

// Of tables, of any engine: ClickHouse makes the disk before it looks at its constraints.
constexpr std::string_view kPlaces[] = {"disk", "storage_policy", "table_disk"};

// Of BACKUP and RESTORE, which take settings that system.settings does not list. Not here are those
// that bring rows into tables that have some, or into others than those that were saved: versions
// of one table say nothing of another's.
constexpr std::string_view kBackupSettings[] = {
    "base_backup",  "compression_level", "compression_method", "create_database",
    "create_table", "password",          "structure_only",
};

bool IsForbidden(const Options& options, const std::string& name) {
  const auto is_name = [&](std::string_view own) { return own == name; };
  if (std::any_of(std::begin(kOwnSettings), std::end(kOwnSettings), is_name)) return true;
  if (options.allow_external) return false;
  if (std::any_of(std::begin(kPlaces), std::end(kPlaces), is_name)) return true;
  const auto* settings = options.const_settings;
  return settings != nullptr && std::binary_search(settings->begin(), settings->end(), name);
}

void RefuseBackupSetting(const std::string& name) {
  const auto is_name = [&](std::string_view known) { return known == name; };
  if (std::any_of(std::begin(kBackupSettings), std::end(kBackupSettings), is_name)) return;
  std::string list;
  for (const std::string_view known : kBackupSettings) {
    list += (list.empty() ? "" : ", ") + std::string(known);
  }
  throw SqlError("The setting " + name + " is not one that BACKUP and RESTORE take",
                 "They take " + list +
                     ". A table is restored where none of its name is: DROP it, "
                     "or RESTORE TABLE d.t AS d.other.");
}

void Refuse(const Source& source, const std::string& name) {
  if (source.tokens.IsWord(0, "BACKUP") || source.tokens.IsWord(0, "RESTORE")) {
    return RefuseBackupSetting(name);
  }
  if (!IsForbidden(source.options, name)) return;
  if (name == kVersionSetting) {
    throw SqlError("The setting " + name + " carries the version of a write to a mutable table",
                   "Leave it out.");
  }
  throw SqlError("The setting " + name + " is not one that statements may set",
                 "Leave it out. SELECT name FROM system.settings WHERE NOT readonly lists most of "
                 "those that may be set.");
}

// The names of a list `a = 1, b, c = 'x'` that begins at `at`; without a value they stand for 1.
void RefuseInList(const Source& source, size_t at) {
  const Tokens& tokens = source.tokens;
  while (tokens.IsName(at)) {
    Refuse(source, tokens.Name(at));
    // To the comma that stands in no bracket.
    for (++at; at < tokens.size() && !tokens.IsSymbol(at, ","); ++at) {
      if (tokens.IsSymbol(at, ")")) return;
      if (tokens.IsSymbol(at, "(") || tokens.IsSymbol(at, "[") || tokens.IsSymbol(at, "{")) {
        at = tokens.Closing(at);
      }
    }
    ++at;
  }
}

}  // namespace

void RefuseSettings(const Source& source) {
  const Tokens& tokens = source.tokens;
  for (size_t index = 1; index < tokens.size(); ++index) {
    if (!tokens.IsWord(index, "SETTINGS") && !tokens.IsWord(index, "SETTING")) continue;
    // A table of that name, as in FROM settings FINAL.
    const bool is_name = tokens.IsSymbol(index - 1, ".") || tokens.IsWord(index - 1, "FROM") ||
                         tokens.IsWord(index - 1, "JOIN");
    if (!is_name) RefuseInList(source, index + 1);
  }
}

}  // namespace theflash::sql

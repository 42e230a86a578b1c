// INSERT, UPSERT and IMPORT into mutable tables.
#include <algorithm>

#include "sql/split.h"
#include "sql/statement.h"

namespace theflash::sql {
namespace {

std::string InsertableNames(const TableInfo& info) {
  std::string names;
  for (const Column& column : info.columns) {
    if (IsInsertable(column)) names += QuoteName(column.name) + ", ";
  }
  return names;
}

void RefuseOwnSetting(const Source& source, std::string_view setting, std::string_view why) {
  for (size_t index = 0; index < source.tokens.size(); ++index) {
    if (source.tokens.IsWord(index, setting) && source.tokens.IsSymbol(index + 1, "=")) {
      throw SqlError("The setting " + std::string(setting) + " " + std::string(why),
                     "Leave it out of the statement.");
    }
  }
}

// Where a column list stands at `index`, the index after it; else `index`.
size_t SkipColumnList(const Tokens& tokens, size_t index) {
  if (!tokens.IsSymbol(index, "(")) return index;
  const bool is_query = tokens.IsWord(index + 1, "SELECT") || tokens.IsWord(index + 1, "WITH");
  return is_query ? index : tokens.Closing(index) + 1;
}

bool ListHolds(const Tokens& tokens, size_t first, size_t last, std::string_view column) {
  for (size_t index = first; index < last; ++index) {
    if (tokens.IsName(index) && tokens.Name(index) == column) return true;
  }
  return false;
}

// Whether the caller gives versions, and not deletion marks alone: these get the statement's own.
bool GivesVersions(const Tokens& tokens, const TableName& name) {
  const size_t list_end = SkipColumnList(tokens, name.end);
  return list_end == name.end || ListHolds(tokens, name.end, list_end, kVersionColumn);
}

// The caller gives both hidden columns, named in the list, or last where there is no list; or only
// the mark, in the list.
void EditImport(const Source& source, const TableName& name, const TableInfo& info, Edits* edits) {
  if (info.is_multiset) {
    throw SqlError("IMPORT INTO " + name.database + "." + name.table + ": the table has no key",
                   "Rows without a key have no versions of their own: use INSERT and DELETE.");
  }
  const Tokens& tokens = source.tokens;
  const size_t list_end = SkipColumnList(tokens, name.end);
  if (list_end == name.end) {
    edits->Insert(tokens.at(name.end - 1).end, SqlText(" (")
                                                   .Add(InsertableNames(info))
                                                   .Add(kVersionColumn)
                                                   .Add(", ")
                                                   .Add(kDelmarkColumn)
                                                   .Add(")"));
    return;
  }
  if (!ListHolds(tokens, name.end, list_end, kDelmarkColumn)) {
    throw SqlError("IMPORT INTO needs _INTERNAL_DELMARK in its column list",
                   "Name it, and _INTERNAL_VERSION for versions of your own; or use UPSERT INTO.");
  }
}

void EditVersion(const Source& source, const TableName& name, const TableInfo& info, Edits* edits) {
  RefuseOwnSetting(source, kVersionSetting, "carries the version of a write to a mutable table");
  SqlText settings = VersionSetting();
  if (info.is_multiset) {
    RefuseOwnSetting(source, kInsertThreadsSetting, "can't be had for a table without a key");
    settings.Add(", ").Add(kInsertThreadsSetting).Add(" = 1");
  }
  const Tokens& tokens = source.tokens;
  const size_t at = SkipColumnList(tokens, name.end);
  if (tokens.IsWord(at, "SETTINGS")) {
    edits->Insert(tokens.at(at).end, SqlText(" ").Add(settings).Add(","));
  } else if (at <= tokens.size()) {
    edits->Insert(tokens.at(at - 1).end, SqlText(" SETTINGS ").Add(settings));
  }
}

}  // namespace

Rewritten RewriteInsert(const Source& source, size_t verb) {
  const Tokens& tokens = source.tokens;
  const bool plain = tokens.IsWord(verb, "INSERT");
  const bool import = tokens.IsWord(verb, "IMPORT");
  const std::string verb_text = plain ? "INSERT INTO" : import ? "IMPORT INTO" : "UPSERT INTO";
  size_t at = verb + 1;
  if (tokens.IsWord(at, "INTO")) ++at;
  if (tokens.IsWord(at, "TABLE") && tokens.IsName(at + 1)) ++at;
  const bool function = tokens.IsWord(at, "FUNCTION") && tokens.IsName(at + 1);
  const std::optional<TableName> name = function ? std::nullopt : ReadTableName(source, at);
  if (!name) {
    if (plain) return std::nullopt;
    throw SqlError(verb_text + " needs the name of a mutable table",
                   "Write: " + verb_text + " t …");
  }
  if (plain && !FindMutable(source, *name)) return std::nullopt;
  const TableInfo info = RequireMutable(source, *name, verb_text);
  if (tokens.Closing(name->end) == tokens.size() && tokens.IsSymbol(name->end, "(")) {
    throw SqlError(verb_text + ": the column list does not end", "Close its bracket.");
  }
  Edits edits;
  edits.Replace(tokens.at(at).begin, tokens.at(name->end - 1).end, SqlText().AddTarget(name->text));
  if (!plain) edits.Replace(tokens.at(verb).begin, tokens.at(verb).end, "INSERT");
  if (import && source.options.role != nullptr) {
    throw RightsError("Not enough privileges for IMPORT INTO");
  }
  const bool gives_versions = import && GivesVersions(tokens, *name);
  if (import) EditImport(source, *name, info, &edits);
  if (!gives_versions) EditVersion(source, *name, info, &edits);
  Statement statement = MakeStatement(edits.Apply(source.text), Effect::kWriteMutable, *name);
  statement.many_parts = info.is_partitioned || FindData(source.text) == source.text.size();
  statement.versions = gives_versions ? 0 : 1;
  statement.version_per_row = info.is_multiset;
  statement.imports_versions = gives_versions;
  return {{std::move(statement)}};
}

}  // namespace theflash::sql

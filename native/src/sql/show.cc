// What shows a mutable table as its user knows it: SELRAW, SHOW CREATE, DESCRIBE, SHOW COLUMNS.
#include "sql/table_shape.h"

namespace theflash::sql {
namespace {

std::string HiddenNameList() {
  std::string list;
  for (const std::string_view name :
       {kVersionColumn, kDelmarkColumn, kRowHashColumn, kRowIndexColumn}) {
    list += (list.empty() ? "" : ", ") + QuoteText(name);
  }
  return "(" + list + ")";
}

Statement MakeRead(const SqlText& text) {
  Statement statement;
  statement.sql = text.text();
  statement.effect = Effect::kRead;
  statement.returns_rows = true;
  return statement;
}

Rewritten ShowCreate(const Source& source, size_t at) {
  const std::optional<TableName> name = ReadTableName(source, at);
  if (!name || name->end != source.tokens.size()) return std::nullopt;
  const std::optional<TableInfo> info = FindMutable(source, *name);
  if (!info) return std::nullopt;
  return {{MakeRead(SqlText("SELECT formatQuery(")
                        .Add(QuoteText(VisibleCreateQuery(*info)))
                        .Add(") AS statement"))}};
}

// `at` is the name behind FROM or IN of SHOW COLUMNS.
Rewritten ShowColumns(const Source& source, size_t at) {
  const Tokens& tokens = source.tokens;
  std::optional<TableName> name = ReadTableName(source, at);
  if (!name) return std::nullopt;
  size_t end = name->end;
  if ((tokens.IsWord(end, "FROM") || tokens.IsWord(end, "IN")) && tokens.IsName(end + 1)) {
    name->database = tokens.Name(end + 1);
    end += 2;
  }
  if (!FindMutable(source, *name)) return std::nullopt;
  const SqlText shown = SqlText(" WHERE field NOT IN ").Add(HiddenNameList());
  Edits edits;
  if (end == tokens.size() || tokens.IsWord(end, "LIMIT")) {
    edits.Insert(tokens.at(end - 1).end, shown);
  } else if (tokens.IsWord(end, "WHERE")) {
    const size_t limit = tokens.FindWord(end + 1, tokens.size(), "LIMIT");
    edits.Insert(tokens.at(end).end, SqlText(" field NOT IN ").Add(HiddenNameList()).Add(" AND ("));
    edits.Insert(tokens.at(limit - 1).end, ")");
  } else {
    edits.Insert(tokens.at(end - 1).end, SqlText(shown).Add(" AND field"));  // [NOT] LIKE 'x'
  }
  return {{MakeRead(edits.Apply(source.text))}};
}

}  // namespace

Rewritten RewriteSelraw(const Source& source) {
  const Tokens& tokens = source.tokens;
  const SqlText settings("final = 0, asterisk_include_materialized_columns = 1");
  Edits edits;
  edits.Replace(tokens.at(0).begin, tokens.at(0).end, "SELECT");
  const size_t present = FindSettings(tokens, 1, tokens.size());
  if (present < tokens.size()) {
    edits.Insert(tokens.at(present).end, SqlText(" ").Add(settings).Add(","));
  } else {
    edits.Insert(tokens.at(tokens.size() - 1).end, SqlText(" SETTINGS ").Add(settings));
  }
  return {{MakeRead(edits.Apply(source.text))}};
}

Rewritten RewriteShow(const Source& source) {
  const Tokens& tokens = source.tokens;
  if (tokens.IsWord(1, "CREATE")) return ShowCreate(source, tokens.IsWord(2, "TABLE") ? 3 : 2);
  if (tokens.IsWord(1, "TABLE")) return ShowCreate(source, 2);
  size_t at = 1;
  while (tokens.IsWord(at, "EXTENDED") || tokens.IsWord(at, "FULL")) ++at;
  if (!tokens.IsWord(at, "COLUMNS") && !tokens.IsWord(at, "FIELDS")) return std::nullopt;
  if (!tokens.IsWord(at + 1, "FROM") && !tokens.IsWord(at + 1, "IN")) return std::nullopt;
  return ShowColumns(source, at + 2);
}

Rewritten RewriteDescribe(const Source& source) {
  const Tokens& tokens = source.tokens;
  const std::optional<TableName> name = ReadTableName(source, tokens.IsWord(1, "TABLE") ? 2 : 1);
  if (!name || !FindMutable(source, *name)) return std::nullopt;
  if (name->end != tokens.size()) {
    throw SqlError("DESCRIBE of a mutable table takes nothing after its name",
                   "Leave the SETTINGS out, or ask system.columns.");
  }
  return {{MakeRead(SqlText("SELECT name, type, default_kind AS default_type, default_expression, "
                            "comment, compression_codec AS codec_expression, '' AS ttl_expression "
                            "FROM system.columns WHERE database = ")
                        .Add(QuoteText(name->database))
                        .Add(" AND table = ")
                        .Add(QuoteText(name->table))
                        .Add(" AND name NOT IN ")
                        .Add(HiddenNameList())
                        .Add(" ORDER BY position"))}};
}

}  // namespace theflash::sql

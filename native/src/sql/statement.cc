#include "sql/statement.h"

#include <algorithm>

namespace theflash::sql {
namespace {

// What may stand after a table in FROM or JOIN, and so is no alias of it.
constexpr std::string_view kAfterTable[] = {
    "FINAL",  "SAMPLE", "WHERE",  "PREWHERE",  "GROUP",    "ORDER",  "HAVING", "LIMIT",
    "OFFSET", "UNION",  "EXCEPT", "INTERSECT", "SETTINGS", "FORMAT", "JOIN",   "INNER",
    "LEFT",   "RIGHT",  "FULL",   "CROSS",     "GLOBAL",   "ANY",    "ALL",    "ASOF",
    "SEMI",   "ANTI",   "ARRAY",  "USING",     "ON",       "WINDOW", "INTO",   "QUALIFY",
    "WITH",   "PASTE",  "FETCH",  "SELECT",    "PARALLEL"};

}  // namespace

std::optional<TableName> ReadTableName(const Source& source, size_t index) {
  const Tokens& tokens = source.tokens;
  if (!tokens.IsName(index)) return std::nullopt;
  if (!tokens.IsSymbol(index + 1, ".")) {
    return TableName{source.options.default_database, tokens.Name(index), index + 1,
                     tokens.TextAt(index)};
  }
  if (!tokens.IsName(index + 2)) return std::nullopt;
  return TableName{tokens.Name(index), tokens.Name(index + 2), index + 3,
                   tokens.Span(index, index + 2)};
}

std::optional<TableInfo> FindMutable(const Source& source, const TableName& name) {
  std::optional<TableInfo> info = source.catalog.Find(name.database, name.table);
  if (info && !info->is_mutable) info.reset();
  return info;
}

TableInfo RequireMutable(const Source& source, const TableName& name, std::string_view verb) {
  std::optional<TableInfo> info = source.catalog.Find(name.database, name.table);
  const std::string full_name = name.database + "." + name.table;
  if (!info) {
    throw SqlError(std::string(verb) + ": there is no table " + full_name,
                   "Name it with its database, and see the tables there are with SHOW TABLES.");
  }
  if (!info->is_mutable) {
    throw SqlError(std::string(verb) + " needs a mutable table, and " + full_name + " is none",
                   "Make the table with ENGINE = MutableMergeTree, or use ClickHouse's own verbs.");
  }
  return *std::move(info);
}

bool IsHiddenName(std::string_view name) { return name.starts_with(kHiddenPrefix); }

bool IsInsertable(const Column& column) {
  return column.default_kind.empty() || column.default_kind == "DEFAULT";
}

bool BeginsWithAny(const Tokens& tokens, size_t index,
                   std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return tokens.IsWord(index, word); });
}

bool IsTableAlias(const Tokens& tokens, size_t index) {
  if (tokens.IsWord(index, "AS")) return true;
  if (!tokens.IsName(index)) return false;
  if (tokens.at(index).kind == TokenKind::kQuoted) return true;
  return std::none_of(std::begin(kAfterTable), std::end(kAfterTable),
                      [&](std::string_view word) { return tokens.IsWord(index, word); });
}

bool CanEndExpression(const Tokens& tokens, size_t index) {
  const Token token = tokens.at(index);
  if (token.kind == TokenKind::kSymbol) {
    return tokens.IsSymbol(index, ")") || tokens.IsSymbol(index, "]") ||
           tokens.IsSymbol(index, "*");
  }
  return !BeginsWithAny(tokens, index,
                        {"SELECT",   "DISTINCT", "BY",   "FROM", "JOIN", "AS",   "WHERE",
                         "PREWHERE", "HAVING",   "AND",  "OR",   "ON",   "NOT",  "IN",
                         "LIMIT",    "OFFSET",   "WITH", "THEN", "ELSE", "WHEN", "LIKE"});
}

size_t FindSettings(const Tokens& tokens, size_t from, size_t to) {
  for (size_t at = tokens.FindWord(from, to, "SETTINGS"); at < to;
       at = tokens.FindWord(at + 1, to, "SETTINGS")) {
    const bool sets = tokens.IsName(at + 1) && tokens.IsSymbol(at + 2, "=");
    if (sets && at > 0 && CanEndExpression(tokens, at - 1)) return at;
  }
  return to;
}

Statement PassThrough(const Source& source, Effect effect, bool returns_rows) {
  Statement statement;
  statement.sql = std::string(source.given);
  statement.effect = effect;
  statement.returns_rows = returns_rows;
  return statement;
}

Statement MakeStatement(const SqlText& text, Effect effect, const TableName& name) {
  Statement statement;
  statement.sql = text.text();
  statement.version_slots = text.slots();
  statement.target_begin = text.target_begin();
  statement.target_end = text.target_end();
  statement.effect = effect;
  statement.database = name.database;
  statement.table = name.table;
  return statement;
}

SqlText VersionSetting() { return SqlText(kVersionSetting).Add(" = '").AddVersion(0).Add("'"); }

std::string RowHash(const std::vector<std::string>& values) {
  std::string hash = "reinterpretAsUInt128(sipHash128(tuple(";
  for (size_t index = 0; index < values.size(); ++index) {
    if (index > 0) hash += ", ";
    hash += values[index];
  }
  return hash + ")))";
}

std::vector<Element> ReadList(const Tokens& tokens, size_t open) {
  std::vector<Element> elements;
  const size_t close = tokens.Closing(open);
  size_t first = open + 1;
  for (size_t index = open + 1; index <= close && index < tokens.size(); ++index) {
    if (index == close || tokens.IsSymbol(index, ",")) {
      if (index > first) elements.push_back({first, index - 1});
      first = index + 1;
    } else if (tokens.IsSymbol(index, "(") || tokens.IsSymbol(index, "[") ||
               tokens.IsSymbol(index, "{")) {
      index = tokens.Closing(index);
    }
  }
  return elements;
}

}  // namespace theflash::sql

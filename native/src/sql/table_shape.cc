#include "sql/table_shape.h"

#include <algorithm>

namespace theflash::sql {
namespace {

// "CREATE TABLE db.t [UUID '…'] (": index of the column list's bracket; size() where there is none.
size_t FindColumnList(const Tokens& tokens) {
  size_t at = 0;
  while (at < tokens.size() && !tokens.IsSymbol(at, "(") && !tokens.IsWord(at, "ENGINE")) ++at;
  return tokens.IsSymbol(at, "(") ? at : tokens.size();
}

void EraseHidden(const Tokens& tokens, size_t open, Edits* edits) {
  for (const Element& element : ReadList(tokens, open)) {
    const size_t name = element.first + (tokens.IsWord(element.first, "CONSTRAINT") ? 1 : 0);
    if (!tokens.IsName(name) || !IsHiddenName(tokens.Name(name))) continue;
    // Hidden columns stand after the user's first column: the comma before them goes, too.
    edits->Replace(tokens.at(element.first - 1).begin, tokens.at(element.last).end, SqlText());
  }
}

}  // namespace

std::vector<ColumnElement> ReadColumns(const Tokens& tokens, size_t open) {
  std::vector<ColumnElement> columns;
  for (const Element& element : ReadList(tokens, open)) {
    const size_t first = element.first;
    const bool other = tokens.IsWord(first, "INDEX") || tokens.IsWord(first, "CONSTRAINT") ||
                       tokens.IsWord(first, "PROJECTION") ||
                       (tokens.IsWord(first, "PRIMARY") && tokens.IsWord(first + 1, "KEY"));
    if (other || !tokens.IsName(first)) continue;
    const size_t end = element.last + 1;
    const auto holds = [&](std::string_view word) {
      return tokens.FindWord(first + 1, end, word) < end;
    };
    columns.push_back(
        {tokens.Name(first), !holds("MATERIALIZED") && !holds("ALIAS") && !holds("EPHEMERAL")});
  }
  return columns;
}

std::vector<std::string> ReadKey(const Tokens& tokens, size_t first, size_t* end) {
  size_t open = first;
  if (tokens.IsWord(first, "tuple") && tokens.IsSymbol(first + 1, "(")) open = first + 1;
  const bool list = tokens.IsSymbol(open, "(");
  std::vector<Element> elements;
  if (list) {
    elements = ReadList(tokens, open);
    *end = tokens.Closing(open) + 1;
  } else {
    elements = {{first, first}};
    *end = first + 1;
  }
  std::vector<std::string> key;
  // What follows a key is another clause, a comma or the end.
  const bool ended = *end >= tokens.size() || tokens.IsSymbol(*end, ",") ||
                     tokens.IsSymbol(*end, ")") ||
                     (tokens.at(*end).kind == TokenKind::kWord && !tokens.IsWord(*end, "ASC") &&
                      !tokens.IsWord(*end, "DESC"));
  for (const Element& element : elements) {
    if (!ended || element.first != element.last || !tokens.IsName(element.first)) {
      throw SqlError("The key of a MutableMergeTree is a list of columns, and \"" +
                         std::string(tokens.Span(first, std::min(*end, tokens.size()) - 1)) +
                         "\" is none",
                     "Write: ORDER BY (a, b), or ORDER BY tuple() for a table without a key.");
    }
    key.push_back(tokens.Name(element.first));
  }
  return key;
}

size_t FindWords(const Tokens& tokens, size_t from, size_t to, std::string_view first_word,
                 std::string_view second_word) {
  for (size_t at = tokens.FindWord(from, to, first_word); at < to;
       at = tokens.FindWord(at + 1, to, first_word)) {
    if (tokens.IsWord(at + 1, second_word)) return at;
  }
  return to;
}

std::string VisibleColumnList(std::string_view create_query) {
  const Tokens tokens(create_query);
  const size_t open = FindColumnList(tokens);
  const size_t close = tokens.Closing(open);
  if (close >= tokens.size()) return "";
  const std::string list(tokens.Span(open, close));
  const Tokens list_tokens(list);
  Edits edits;
  EraseHidden(list_tokens, 0, &edits);
  return edits.Apply(list).text();
}

void RefuseTtl(const Tokens& tokens, size_t from) {
  for (size_t at = from + 1; at + 1 < tokens.size(); ++at) {
    // The engine prints its own words in capitals.
    const bool is_clause = tokens.TextAt(at) == "TTL" && CanEndExpression(tokens, at - 1) &&
                           !tokens.IsSymbol(at + 1, ",") && !tokens.IsSymbol(at + 1, ")");
    if (!is_clause) continue;
    throw SqlError("TTL does not know the versions of a mutable table",
                   "Leave it out, and DELETE FROM … WHERE on a schedule.");
  }
}

ChangedTable ChangeColumns(std::string_view create_query,
                           const std::vector<ChangedColumn>& columns) {
  const Tokens tokens(create_query);
  const size_t open = FindColumnList(tokens);
  const size_t close = tokens.Closing(open);
  const std::string list(tokens.Span(open, close));
  const Tokens list_tokens(list);
  Edits edits;
  for (const Element& element : ReadList(list_tokens, 0)) {
    // Names of columns are quoted in a stored query; INDEX and its like are not.
    if (list_tokens.at(element.first).kind != TokenKind::kQuoted) continue;
    const auto changed =
        std::find_if(columns.begin(), columns.end(), [&](const ChangedColumn& column) {
          return column.name == list_tokens.Name(element.first);
        });
    if (changed == columns.end()) continue;
    edits.Replace(list_tokens.at(element.first).begin, list_tokens.at(element.last).end,
                  SqlText(changed->declaration));
  }
  for (const ChangedColumn& column : columns) {
    edits.Insert(list.size() - 1, SqlText(", " + column.added_declaration));
  }
  return {edits.Apply(list).text(), std::string(tokens.Span(close + 1, tokens.size() - 1))};
}

std::string VisibleCreateQuery(const TableInfo& info) {
  const Tokens tokens(info.create_query);
  Edits edits;
  const size_t open = FindColumnList(tokens);
  if (open < tokens.size()) EraseHidden(tokens, open, &edits);
  const size_t engine = tokens.FindWord(0, tokens.size(), "ENGINE");
  const size_t order = FindWords(tokens, engine, tokens.size(), "ORDER", "BY");
  if (engine + 3 < tokens.size()) {
    const size_t last = tokens.Closing(engine + 3);  // ENGINE = ReplacingMergeTree ( … )
    edits.Replace(tokens.at(engine + 2).begin, tokens.at(last).end, kMutableEngine);
  }
  if (info.is_multiset && order + 2 < tokens.size()) {
    const size_t last = tokens.Closing(order + 2);
    edits.Replace(tokens.at(order + 2).begin, tokens.at(last).end, "tuple()");
  }
  return edits.Apply(info.create_query).text();
}

TableInfo DescribeTable(std::string_view engine, std::string_view create_query,
                        std::vector<Column> columns) {
  TableInfo info;
  info.create_query = std::string(create_query);
  const auto holds = [&](std::string_view name) {
    return std::any_of(columns.begin(), columns.end(), [&](const Column& column) {
      return column.name == name && column.default_kind == "MATERIALIZED";
    });
  };
  info.is_mutable =
      engine == "ReplacingMergeTree" && holds(kVersionColumn) && holds(kDelmarkColumn);
  info.is_multiset = info.is_mutable && holds(kRowHashColumn) && holds(kRowIndexColumn);
  for (Column& column : columns) {
    if (!info.is_mutable || !IsHiddenName(column.name)) info.columns.push_back(std::move(column));
  }
  if (!info.is_mutable) return info;
  const Tokens tokens(create_query);
  const size_t table_engine = tokens.FindWord(0, tokens.size(), "ENGINE");
  info.is_partitioned =
      FindWords(tokens, table_engine, tokens.size(), "PARTITION", "BY") < tokens.size();
  if (info.is_multiset) return info;
  const size_t order = FindWords(tokens, table_engine, tokens.size(), "ORDER", "BY");
  size_t end = 0;
  if (order < tokens.size()) info.key = ReadKey(tokens, order + 2, &end);
  return info;
}

}  // namespace theflash::sql

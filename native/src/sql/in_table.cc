// `x IN d.t`: ClickHouse reads a table that is named there as it is stored, without the setting
// that gives the newest rows alone. A subquery is read as any other.
#include <array>

#include "sql/statement.h"

namespace theflash::sql {
namespace {

constexpr std::array<std::string_view, 8> kFunctions = {
    "in",     "notIn",     "globalIn",     "globalNotIn",
    "nullIn", "notNullIn", "globalNullIn", "globalNotNullIn"};

bool IsFunction(const Tokens& tokens, size_t at) {
  if (!tokens.IsName(at) || !tokens.IsSymbol(at + 1, "(")) return false;
  const std::string name = tokens.Name(at);
  for (const std::string_view function : kFunctions) {
    if (name == function || name == std::string(function) + "IgnoreSet") {
      return true;
    }
  }
  return false;
}

// Where what is searched begins: after IN, or as the second argument of in(…); size() for neither.
size_t BeginOfSet(const Tokens& tokens, size_t at) {
  // `NOT in(x, t)` is a call, and `x NOT IN (t)` is none.
  const size_t before = at > 0 && tokens.IsWord(at - 1, "NOT") ? 2 : 1;
  const bool is_operator = tokens.at(at).kind == TokenKind::kWord && tokens.IsWord(at, "IN") &&
                           at >= before && CanEndExpression(tokens, at - before);
  if (is_operator) return tokens.IsWord(at + 1, "PARTITION") ? tokens.size() : at + 1;
  if (!IsFunction(tokens, at)) return tokens.size();
  const std::vector<Element> arguments = ReadList(tokens, at + 1);
  return arguments.size() == 2 ? arguments[1].first : tokens.size();
}

bool IsAliased(const Tokens& tokens, std::string_view name) {
  for (size_t at = 0; at < tokens.size(); ++at) {
    // `name AS (SELECT …)`; after a table or column AS begins another name of it.
    const bool before = tokens.IsName(at) && tokens.Name(at) == name &&
                        tokens.IsWord(at + 1, "AS") && tokens.IsSymbol(at + 2, "(");
    const bool after =
        tokens.IsWord(at, "AS") && tokens.IsName(at + 1) && tokens.Name(at + 1) == name;
    if (before || after) return true;
  }
  return false;
}

// ENGINE = Set has no rows to be selected; it is made to stand after IN.
bool IsSet(const TableInfo& info) {
  const Tokens tokens(info.create_query);
  const size_t engine = tokens.FindWord(0, tokens.size(), "ENGINE");
  return tokens.IsSymbol(engine + 1, "=") && tokens.IsWord(engine + 2, "Set");
}

}  // namespace

std::optional<std::string> ResolveTablesInSets(const Source& source) {
  const Tokens& tokens = source.tokens;
  // SHOW TABLES IN d.
  if (tokens.IsWord(0, "SHOW") || tokens.IsWord(0, "SYSTEM")) return std::nullopt;
  Edits edits;
  bool found = false;
  for (size_t at = 0; at < tokens.size(); ++at) {
    size_t begin = BeginOfSet(tokens, at);
    size_t end = tokens.size();
    for (; tokens.IsSymbol(begin, "("); ++begin) end = tokens.Closing(begin);
    const std::optional<TableName> name = ReadTableName(source, begin);
    // In brackets it is a table only where it stands alone.
    if (!name || tokens.IsSymbol(name->end, "(")) continue;
    if (tokens.IsSymbol(begin - 1, "(") && name->end != end) continue;
    if (name->text.find('.') == std::string_view::npos && IsAliased(tokens, name->table)) continue;
    const std::optional<TableInfo> info = source.catalog.Find(name->database, name->table);
    if (!info || IsSet(*info)) continue;
    edits.Replace(
        tokens.at(begin).begin, tokens.at(name->end - 1).end,
        SqlText("(SELECT * FROM ").Add(name->text).Add(info->is_mutable ? " FINAL)" : ")"));
    found = true;
  }
  if (!found) return std::nullopt;
  return edits.Apply(source.text).text();
}

}  // namespace theflash::sql

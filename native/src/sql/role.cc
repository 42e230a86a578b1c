// What a statement of a role may say: see RoleRules of rewrite.h.
#include <algorithm>
#include <array>

#include "sql/statement.h"

namespace theflash::sql {
namespace {

// Table functions that read nothing but what the statement itself holds.
constexpr std::array<std::string_view, 10> kOpenTableFunctions = {
    "numbers", "numbers_mt", "zeros",           "zeros_mt", "generateSeries",
    "values",  "format",     "generate_series", "view",     "null"};

// Functions that look into a table that they name in a text.
constexpr std::array<std::string_view, 3> kLookingFunctions = {"joinGet", "joinGetOrNull",
                                                               "hasColumnInTable"};

// What may follow SHOW.
constexpr std::array<std::string_view, 12> kOpenShows = {
    "TABLES", "DATABASES", "COLUMNS", "FIELDS", "FULL",    "EXTENDED",
    "CREATE", "TABLE",     "INDEX",   "KEYS",   "INDEXES", "SETTINGS"};

constexpr std::array<std::string_view, 9> kBeforeTables = {
    "FROM", "JOIN", "INTO", "TABLE", "IN", "DESCRIBE", "DESC", "UPDATE", "EXISTS"};

[[noreturn]] void Deny(const std::string& what) {
  throw RightsError("Not enough privileges: " + what);
}

template <typename List>
bool Holds(const List& list, std::string_view name) {
  return std::any_of(std::begin(list), std::end(list),
                     [&](std::string_view each) { return EqualsIgnoringCase(each, name); });
}

void DenyFunctions(const Tokens& tokens, const RoleRules& rules) {
  for (size_t index = 0; index < tokens.size(); ++index) {
    if (!tokens.IsName(index) || !tokens.IsSymbol(index + 1, "(")) continue;
    const std::string name = tokens.Name(index);
    const bool is_shut = Holds(*rules.table_functions, name) && !Holds(kOpenTableFunctions, name);
    if (is_shut || Holds(kLookingFunctions, name)) Deny("the function " + name);
  }
}

// Whether a name without a database may be that of a table: elsewhere it is one of a column.
bool StandsForTable(const Tokens& tokens, size_t index) {
  if (index == 0) return false;
  return std::any_of(kBeforeTables.begin(), kBeforeTables.end(),
                     [&](std::string_view word) { return tokens.IsWord(index - 1, word); });
}

// The words of a statement decide what kinds of SHOW and EXPLAIN there are: only those that read
// what the engine asks grants for.
void DenyKinds(const Tokens& tokens) {
  if (tokens.IsWord(0, "SHOW") &&
      std::none_of(kOpenShows.begin(), kOpenShows.end(),
                   [&](std::string_view word) { return tokens.IsWord(1, word); })) {
    Deny("this kind of SHOW");
  }
  if (!tokens.IsWord(0, "EXPLAIN")) return;
  const size_t at = tokens.IsWord(1, "PLAN") ? 2 : 1;
  const bool is_query = tokens.IsSymbol(at, "(") || BeginsWithAny(tokens, at, {"SELECT", "WITH"});
  if (!is_query) Deny("EXPLAIN of other kinds than EXPLAIN SELECT …");
}

}  // namespace

void RefuseToRole(const Source& source) {
  const RoleRules* rules = source.options.role;
  if (rules == nullptr) return;
  const Tokens& tokens = source.tokens;
  DenyKinds(tokens);
  DenyFunctions(tokens, *rules);
  if (source.options.default_database == "system") Deny("the database system as the default");
  std::vector<std::pair<std::string, std::string>> tables;
  for (size_t index = 0; index < tokens.size(); ++index) {
    if (!tokens.IsName(index)) continue;
    if (StandsForTable(tokens, index)) {
      tables.emplace_back(source.options.default_database, tokens.Name(index));
    }
    if (!tokens.IsSymbol(index + 1, ".") || !tokens.IsName(index + 2)) continue;
    const std::string database = tokens.Name(index);
    const std::string table = tokens.Name(index + 2);
    if (database == "system" && !Holds(*rules->open_system_tables, table)) {
      Deny("system." + table);
    }
    tables.emplace_back(database, table);
  }
  // The engine resolves names, and tells of them in errors, before it asks for grants.
  if (source.catalog.NamesHidden(tables)) Deny("a table that this statement names");
}

}  // namespace theflash::sql

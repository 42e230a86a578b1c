#include "sql/rewrite.h"

#include <algorithm>
#include <array>

#include "sql/reading.h"
#include "sql/split.h"
#include "sql/statement.h"

namespace theflash::sql {
namespace {

// SELRAW shows the hidden columns, and IMPORT writes them; nobody else may name them.
void RefuseHiddenNames(const Source& source) {
  const Tokens& tokens = source.tokens;
  if (tokens.IsWord(0, "SELRAW") || tokens.IsWord(0, "IMPORT")) return;
  for (size_t index = 0; index < tokens.size(); ++index) {
    if (!tokens.IsName(index) || !IsHiddenName(tokens.Name(index))) continue;
    throw SqlError("The name " + tokens.Name(index) +
                       " is reserved for mutable tables, as all are that " +
                       "begin with _INTERNAL_",
                   "SELRAW shows hidden columns and IMPORT INTO writes them; name your own "
                   "columns otherwise.");
  }
}

// Table functions over the stored parts of a table, with rows that are deleted or older.
constexpr std::array<std::string_view, 4> kPartFunctions = {
    "mergeTreeIndex", "mergeTreeTextIndex", "mergeTreeProjection", "mergeTreeAnalyzeIndexes"};

void RefuseHiddenReads(const Source& source) {
  const Tokens& tokens = source.tokens;
  for (size_t index = 0; index < tokens.size(); ++index) {
    if (tokens.IsWord(index, "NATURAL") && !tokens.IsWord(index - 1, "AS") &&
        tokens.FindWord(index + 1, index + 4, "JOIN") < index + 4) {
      throw SqlError("NATURAL JOIN would join the hidden columns of mutable tables, too",
                     "Name the columns: JOIN … USING (a, b).");
    }
    if (!tokens.IsName(index) || !tokens.IsSymbol(index + 1, "(")) continue;
    const std::string name = tokens.Name(index);
    const auto is_name = [&](std::string_view each) { return EqualsIgnoringCase(name, each); };
    if (std::none_of(kPartFunctions.begin(), kPartFunctions.end(), is_name)) continue;
    throw SqlError(name + "() reads rows of mutable tables that are deleted or replaced",
                   "Read the table itself; SELRAW shows all versions that are stored.");
  }
}

// The engine holds its locks for as long as a statement runs: what runs on after it would save
// half of a batch, or bring in rows whose versions nobody looks at.
void RefuseAsync(const Source& source) {
  const Tokens& tokens = source.tokens;
  if (!BeginsWithAny(tokens, 0, {"BACKUP", "RESTORE"})) return;
  for (size_t index = tokens.FindWord(1, tokens.size(), "ASYNC"); index < tokens.size();
       index = tokens.FindWord(index + 1, tokens.size(), "ASYNC")) {
    const bool is_clause = index + 1 == tokens.size() || tokens.IsWord(index + 1, "SETTINGS");
    if (!is_clause && !tokens.IsSymbol(index + 1, "=")) continue;
    throw SqlError(std::string(tokens.TextAt(0)) + " does not run in the background",
                   "Leave ASYNC out: the statement ends when it is done.");
  }
}

// A connection of the pool is any one's: what is set on it would reach others, or get lost.
void RefuseSessionState(const Source& source) {
  const Tokens& tokens = source.tokens;
  if (tokens.IsWord(0, "SET")) {
    throw SqlError("SET does not last: each statement may run on another connection",
                   "Put a SETTINGS clause into the statement itself.");
  }
  if (tokens.IsWord(0, "USE")) {
    throw SqlError("USE does not last: each statement may run on another connection",
                   "Write the database before the table: shop.orders.");
  }
  if (tokens.IsWord(0, "CREATE") && tokens.FindWord(1, 4, "TEMPORARY") < 4) {
    throw SqlError("A temporary table does not last: each statement may run on another connection",
                   "CREATE TABLE … ENGINE = Memory, and drop it after use.");
  }
}

// Where the FORMAT clause of a query stands; size() where it has none.
size_t FindFormat(std::string_view text, const Tokens& tokens) {
  // Of EXPLAIN INSERT … VALUES, which prints as FORMAT Values.
  if (FindInsertData(text)) return tokens.size();
  for (size_t index = tokens.FindWord(1, tokens.size(), "FORMAT"); index < tokens.size();
       index = tokens.FindWord(index + 1, tokens.size(), "FORMAT")) {
    // The engine prints a format whose name is a keyword in quotes: `Null`, `Values`.
    const bool named = tokens.IsName(index + 1);
    const bool last = index + 2 == tokens.size() || tokens.IsWord(index + 2, "SETTINGS");
    if (named && last && CanEndExpression(tokens, index - 1)) return index;
  }
  return tokens.size();
}

// Rows leave the engine as Arrow; another FORMAT would reach a reader that can't know it.
void RefuseFormat(const Source& source) {
  const Tokens& tokens = source.tokens;
  const size_t index = FindFormat(source.text, tokens);
  if (index == tokens.size()) return;
  throw SqlError(
      "FORMAT " + std::string(tokens.TextAt(index + 1)) + ": rows always leave the engine as Arrow",
      "Leave FORMAT out, and choose the output by --format.");
}

std::vector<Statement> RewriteQuery(const Source& source) {
  RefuseFormat(source);
  const Tokens& tokens = source.tokens;
  // Reads no table, and must answer when a query that is being planned holds up all others.
  if (tokens.IsWord(0, "SHOW") && tokens.IsWord(tokens.IsWord(1, "FULL") ? 2 : 1, "PROCESSLIST")) {
    return {PassThrough(source, Effect::kOther, true)};
  }
  Rewritten rewritten;
  if (tokens.IsWord(0, "SELRAW")) rewritten = RewriteSelraw(source);
  if (tokens.IsWord(0, "SHOW")) rewritten = RewriteShow(source);
  if (BeginsWithAny(tokens, 0, {"DESCRIBE", "DESC"})) rewritten = RewriteDescribe(source);
  if (rewritten) return *std::move(rewritten);
  return {PassThrough(source, Effect::kRead, true)};
}

// The verb of WITH … INSERT INTO; size() where the statement has none.
size_t FindInsert(const Tokens& tokens) {
  if (BeginsWithAny(tokens, 0, {"INSERT", "UPSERT", "IMPORT"})) return 0;
  if (!tokens.IsWord(0, "WITH")) return tokens.size();
  const size_t insert = tokens.FindWord(1, tokens.size(), "INSERT");
  return tokens.IsWord(insert + 1, "INTO") ? insert : tokens.size();
}

Rewritten RewriteChange(const Source& source) {
  const Tokens& tokens = source.tokens;
  if (const size_t verb = FindInsert(tokens); verb < tokens.size()) {
    Rewritten rewritten = RewriteInsert(source, verb);
    RefuseStandardInput(source, verb);
    return rewritten;
  }
  if (tokens.IsWord(0, "DELETE")) return RewriteDelete(source);
  if (tokens.IsWord(0, "UPDATE")) return RewriteUpdate(source);
  if (tokens.IsWord(0, "OPTIMIZE")) return RewriteOptimize(source);
  if (tokens.IsWord(0, "ALTER")) return RewriteAlter(source);
  if (BeginsWithAny(tokens, 0, {"CREATE", "ATTACH", "REPLACE"})) return RewriteCreate(source);
  return std::nullopt;
}

bool IsRead(const Tokens& tokens) {
  if (tokens.IsSymbol(0, "(")) return true;
  if (tokens.IsWord(0, "WITH")) return FindInsert(tokens) == tokens.size();
  return BeginsWithAny(
      tokens, 0,
      {"SELECT", "SELRAW", "SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN", "FROM", "CHECK"});
}

}  // namespace

bool IsRead(std::string_view statement) {
  return IsRead(Tokens(statement.substr(0, FindData(statement))));
}

namespace {

// Statements that are ours as a whole: names and numbers, which are put into SQL quoted anew.
Rewritten RewriteOwn(const Source& source) {
  if (Rewritten shown = RewriteShowSnapshots(source)) return shown;
  return RewriteSnapshot(source);
}

// Statements that change tables and were not made anew. What may take rows from a mutable table
// that stays the same one says of which; where it is not seen which, of all.
Statement PassDdl(const Source& source) {
  const Tokens& tokens = source.tokens;
  Statement statement = PassThrough(source, Effect::kDdl);
  // These leave a table's rows alone, or make another table of it.
  if (BeginsWithAny(
          tokens, 0,
          {"CREATE", "DROP", "RENAME", "EXCHANGE", "ATTACH", "DETACH", "UNDROP", "REPLACE"})) {
    return statement;
  }
  statement.cuts_changes = true;
  size_t at = tokens.IsWord(1, "TABLE") ? 2 : 1;
  const bool of_table = at == 2 || (tokens.IsWord(0, "TRUNCATE") &&
                                    !BeginsWithAny(tokens, 1, {"DATABASE", "ALL", "TABLES"}));
  if (tokens.IsWord(at, "IF") && tokens.IsWord(at + 1, "EXISTS")) at += 2;
  const std::optional<TableName> name = of_table ? ReadTableName(source, at) : std::nullopt;
  if (!name) return statement;
  statement.cuts_changes = FindMutable(source, *name).has_value();
  statement.database = name->database;
  statement.table = name->table;
  return statement;
}

bool MovesNames(const Tokens& tokens) {
  const bool replaces =
      tokens.IsWord(0, "REPLACE") || (tokens.IsWord(0, "CREATE") && tokens.IsWord(1, "OR"));
  // One that fills what it makes may take long.
  if (replaces) return tokens.FindWord(1, tokens.size(), "SELECT") == tokens.size();
  return BeginsWithAny(tokens, 0, {"DROP", "RENAME", "EXCHANGE", "ATTACH", "DETACH", "UNDROP"});
}

std::vector<Statement> RewriteChangeOrPass(const Source& source) {
  const Tokens& tokens = source.tokens;
  if (Rewritten rewritten = RewriteChange(source)) return *std::move(rewritten);
  if (BeginsWithAny(tokens, 0,
                    {"CREATE", "DROP", "ALTER", "RENAME", "EXCHANGE", "TRUNCATE", "ATTACH",
                     "DETACH", "UNDROP", "REPLACE"})) {
    return {PassDdl(source)};
  }
  if (tokens.IsWord(0, "BACKUP")) return {PassThrough(source, Effect::kDdl, true)};
  if (tokens.IsWord(0, "RESTORE")) return {PassThrough(source, Effect::kRestore, true)};
  if (FindInsert(tokens) < tokens.size()) return {PassThrough(source, Effect::kInsert)};
  return {PassThrough(source, Effect::kOther, tokens.IsWord(0, "KILL"))};
}

std::vector<Statement> Dispatch(const Source& source) {
  if (IsRead(source.tokens)) return RewriteQuery(source);
  RefuseOwnDatabases(source);
  RefuseUuids(source);
  RefuseArrayJoinFunction(source.tokens);
  std::vector<Statement> statements = RewriteChangeOrPass(source);
  for (Statement& each : statements) {
    each.moves_names = each.effect == Effect::kDdl && MovesNames(source.tokens);
  }
  return statements;
}

// `text` is the print of what was `given`, which is to be run where nothing is changed.
std::vector<Statement> RewritePrinted(std::string_view given, std::string_view text,
                                      Catalog& catalog, const Options& options) {
  const Tokens tokens(text.substr(0, FindData(text)));
  const Source source{text, tokens, catalog, options, given};
  if (const auto resolved = ResolveTablesInSets(source)) {
    return RewritePrinted(*resolved, *resolved, catalog, options);
  }
  RefuseToRole(source);
  RefuseHiddenNames(source);
  RefuseHiddenReads(source);
  RefuseOutside(source);
  RefuseAsync(source);
  RefuseSettings(source);
  RefuseSessionState(source);
  const std::optional<std::string> hidden = HideFromMatchers(source);
  if (!hidden) return Dispatch(source);
  const Tokens shown(std::string_view(*hidden).substr(0, FindData(*hidden)));
  return Dispatch({*hidden, shown, catalog, options, *hidden});
}

// The same, less the FORMAT of what gives rows.
std::vector<Statement> RewriteWithoutFormat(std::string_view given, const std::string& text,
                                            Catalog& catalog, const Options& options) {
  const Tokens tokens(std::string_view(text).substr(0, FindData(text)));
  const size_t at = IsRead(tokens) ? FindFormat(text, tokens) : tokens.size();
  if (at == tokens.size()) return RewritePrinted(given, text, catalog, options);
  std::string plain = text;
  const size_t begin = tokens.at(at - 1).end;
  plain.erase(begin, tokens.at(at + 1).end - begin);
  std::vector<Statement> statements = RewritePrinted(plain, plain, catalog, options);
  statements.back().format = tokens.Name(at + 1);
  return statements;
}

}  // namespace

std::vector<Statement> Rewrite(std::string_view statement, Catalog& catalog,
                               const Options& options) {
  const Tokens tokens(statement.substr(0, FindData(statement)));
  const Source source{statement, tokens, catalog, options, statement};
  if (const auto resolved = ResolveSnapshots(source)) return Rewrite(*resolved, catalog, options);
  if (Rewritten own = RewriteOwn(source)) return *std::move(own);
  RefuseLackOfWhere(tokens);
  const std::string text = Read(statement, catalog);
  if (!options.takes_format) return RewritePrinted(statement, text, catalog, options);
  return RewriteWithoutFormat(statement, text, catalog, options);
}

}  // namespace theflash::sql

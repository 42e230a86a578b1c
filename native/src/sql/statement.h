// What the rewriters of the single verbs share: the statement at hand, and names in it.
#ifndef THEFLASH_SQL_STATEMENT_H_
#define THEFLASH_SQL_STATEMENT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/rewrite.h"
#include "sql/sql_text.h"
#include "sql/token.h"

namespace theflash::sql {

// The statement that is being rewritten.
struct Source {
  std::string_view text;  // as the engine prints it, data included
  const Tokens& tokens;   // of the SQL, without the data
  Catalog& catalog;
  const Options& options;
  std::string_view given;  // the same as it was given, to be run where nothing is changed
};

// `a.b` or `b` as it stands in the text.
struct TableName {
  std::string database;
  std::string table;
  size_t end;             // index of the token after it
  std::string_view text;  // as it was written
};

// Reads a table name at a token; nullopt where there is none ({x:Identifier} is none, either).
std::optional<TableName> ReadTableName(const Source& source, size_t index);

// The table's info where it exists and is mutable.
std::optional<TableInfo> FindMutable(const Source& source, const TableName& name);

// The table's info. Errors: SqlError where it does not exist, or is not mutable and so knows no
// `verb`.
TableInfo RequireMutable(const Source& source, const TableName& name, std::string_view verb);

bool IsHiddenName(std::string_view name);

// Columns that an INSERT may give: those of the table itself, and its DEFAULT ones.
bool IsInsertable(const Column& column);

// True where one of these keywords stands at `index`.
bool BeginsWithAny(const Tokens& tokens, size_t index,
                   std::initializer_list<std::string_view> words);

// True where the token at `index` gives the table before it another name.
bool IsTableAlias(const Tokens& tokens, size_t index);

// True where the token may be the last one of an expression: what follows is an operator or a
// clause.
bool CanEndExpression(const Tokens& tokens, size_t index);

// Index of the SETTINGS that begins a clause in [from, to), outside of brackets that opened there;
// else `to`. A column may have that name, too.
size_t FindSettings(const Tokens& tokens, size_t from, size_t to);

// The statement itself, byte for byte.
Statement PassThrough(const Source& source, Effect effect, bool returns_rows = false);

// A statement of `text` that changes `name`.
Statement MakeStatement(const SqlText& text, Effect effect, const TableName& name);

// The setting that carries a statement's version to its rows, "query_cache_tag = '…'".
SqlText VersionSetting();

// What an INSERT of rows without a key is run with: each thread of it would number its rows anew.
inline constexpr std::string_view kInsertThreadsSetting = "max_insert_threads";

// Expression of _INTERNAL_ROW_HASH over column names or expressions.
std::string RowHash(const std::vector<std::string>& values);

// Errors: SqlError where a statement reaches outside of the engine folder, unless the options allow
// that.
void RefuseOutside(const Source& source);

// Errors: RightsError where a statement of a role names what it has no right to, or is of a kind of
// which the engine asks for no grant.
void RefuseToRole(const Source& source);

// Errors: SqlError where a statement, or a query inside of it, sets what it may not.
void RefuseSettings(const Source& source);

// Errors: SqlError for an INSERT, whose verb stands at `insert`, without rows of its own: the
// engine would draw them from the standard input of the process.
void RefuseStandardInput(const Source& source, size_t insert);

// The rewriters, by the token that they begin at. Each gives nullopt where the statement is none of
// its own, and it passes through.
using Rewritten = std::optional<std::vector<Statement>>;
Rewritten RewriteCreate(const Source& source);
Rewritten RewriteInsert(const Source& source, size_t verb);
// What the engine would only call an error of syntax.
void RefuseLackOfWhere(const Tokens& tokens);
// Refuses CREATE FUNCTION with arrayJoin in it: see RefuseArrayJoin.
void RefuseArrayJoinFunction(const Tokens& tokens);
Rewritten RewriteDelete(const Source& source);
Rewritten RewriteUpdate(const Source& source);
Rewritten RewriteSelraw(const Source& source);
Rewritten RewriteOptimize(const Source& source);
Rewritten RewriteAlter(const Source& source);
Rewritten RewriteShow(const Source& source);
Rewritten RewriteDescribe(const Source& source);
Rewritten RewriteSnapshot(const Source& source);
Rewritten RewriteShowSnapshots(const Source& source);

// The statement with the tables of snapshots for what AT SNAPSHOT names; nullopt where it names
// none. Errors: as Catalog::FindInSnapshot.
std::optional<std::string> ResolveSnapshots(const Source& source);

// The statement with COLUMNS('…') that leave hidden columns out; nullopt where it has none.
std::optional<std::string> HideFromMatchers(const Source& source);

// The statement with a subquery for each table that is named after IN; nullopt where none is.
std::optional<std::string> ResolveTablesInSets(const Source& source);

// Errors: SqlError where what follows the name of a plain table, at `from`, makes a mutation that
// reads what it would not see as a query does. A DELETE or UPDATE may stand before `from`, too.
void RefuseMutationOfOthers(const Source& source, size_t from);

// Errors: SqlError where a statement would change a table that only the engine itself may change.
void RefuseOwnDatabases(const Source& source);

// Refuses statements that name a UUID, and ATTACH with a definition.
void RefuseUuids(const Source& source);

// Ends of a column list's elements: for the brackets at `open`, the first and last token of each.
struct Element {
  size_t first;
  size_t last;
};
std::vector<Element> ReadList(const Tokens& tokens, size_t open);

}  // namespace theflash::sql

#endif  // THEFLASH_SQL_STATEMENT_H_

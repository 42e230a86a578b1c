// Where a query reads tables by name, in the text that ClickHouse's own parser prints of it.
#ifndef THEFLASH_SQL_TABLE_READS_H_
#define THEFLASH_SQL_TABLE_READS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/token.h"

namespace theflash::sql {

// A database and a table.
using TablePath = std::pair<std::string, std::string>;

// One place where a table, or a CTE of that name, is read.
struct TableRead {
  std::string database;  // empty where the text says none
  std::string table;
  size_t first = 0;  // its first and its last token
  size_t last = 0;
  bool is_aliased = false;
  size_t from = 0;  // tells the FROM clauses of a query apart

  // As EXPLAIN AST writes it.
  std::string Written() const { return database.empty() ? table : database + "." + table; }
};

// What stands after FROM and JOIN, and after the commas between them.
std::vector<TableRead> FindTableReads(const Tokens& tokens);

// The names that WITH may give to queries, and others that stand where one might: `WITH t (a) AS`
// and what later parsers know are among them.
std::vector<std::string> FindCteNames(const Tokens& tokens);

// Whether a table may be named, or read through its name, in a way that FindTableReads does not
// see: after IN, by _table or _database, or in a setting that filters tables by their names.
bool ReadsByOtherWays(const Tokens& tokens);

// Whether a table can't stand for another under its bare name: columns are named with the database
// (shop.orders.id) or with the name of a table that has an alias, two tables of one name stand in
// one FROM, or all columns are asked of several tables, one of which has no alias.
bool NeedsItsPath(const Tokens& tokens, const std::vector<TableRead>& reads);

// The text with other tables in place of those that are read: `by` has, for each of `reads`, what
// stands for it, empty where it stays.
std::string ReplaceReads(const Tokens& tokens, const std::vector<TableRead>& reads,
                         const std::vector<std::string>& by);

// What EXPLAIN AST says of the tables of a query.
struct AstReads {
  std::vector<std::string> tables;           // as TableRead::Written, in any order
  std::vector<std::string> table_functions;  // their names
};
// `lines` are those of EXPLAIN AST.
AstReads ReadAst(const std::vector<std::string>& lines);

}  // namespace theflash::sql

#endif  // THEFLASH_SQL_TABLE_READS_H_

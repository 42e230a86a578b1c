// What a CREATE TABLE says: its column list and its key, as tokens.
#ifndef THEFLASH_SQL_TABLE_SHAPE_H_
#define THEFLASH_SQL_TABLE_SHAPE_H_

#include <string>
#include <vector>

#include "sql/statement.h"

namespace theflash::sql {

inline constexpr std::string_view kMutableEngine = "MutableMergeTree";

struct ColumnElement {
  std::string name;
  bool is_insertable;
};

// The columns that the list at `open` declares, without its indexes, constraints and projections.
std::vector<ColumnElement> ReadColumns(const Tokens& tokens, size_t open);

// The column names of a key at `first`: "k", "(a, b)", "tuple()"; `end` gets the token after it.
// Errors: SqlError for an expression, since a row is told by the bytes of its key columns.
std::vector<std::string> ReadKey(const Tokens& tokens, size_t first, size_t* end);

// Index of `first_word` where `second_word` follows it outside of brackets in [from, to); else
// `to`.
size_t FindWords(const Tokens& tokens, size_t from, size_t to, std::string_view first_word,
                 std::string_view second_word);

// The column list of a stored create query without its hidden columns, brackets included.
std::string VisibleColumnList(std::string_view create_query);

// A column of a table that is to be declared otherwise, and one that is added after all others.
struct ChangedColumn {
  std::string name;
  std::string declaration;
  std::string added_declaration;
};

// A stored create query with such columns, in its parts.
struct ChangedTable {
  std::string column_list;    // brackets included
  std::string engine_clause;  // what follows it
};
ChangedTable ChangeColumns(std::string_view create_query,
                           const std::vector<ChangedColumn>& columns);

// Errors: SqlError for a TTL, of rows or of a column, from the token `from` on: a row would go by
// its newest version, and an older one come back.
void RefuseTtl(const Tokens& tokens, size_t from);

// A stored create query of a mutable table as its user would write it.
std::string VisibleCreateQuery(const TableInfo& info);

}  // namespace theflash::sql

#endif  // THEFLASH_SQL_TABLE_SHAPE_H_

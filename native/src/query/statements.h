// Runs SQL text: through the SQL layer, and under the locks that each statement needs.
#ifndef THEFLASH_QUERY_STATEMENTS_H_
#define THEFLASH_QUERY_STATEMENTS_H_

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine.h"
#include "session/connection.h"
#include "sql/rewrite.h"

namespace theflash {

// The statements of a text. Errors: TF_INVALID where a string, comment or identifier does not end.
std::vector<std::string_view> SplitStatements(std::string_view text);

// How a statement is to be read.
struct Reading {
  std::string database = "default";  // of names without one
  bool takes_format = false;         // see sql::Options
};

// What one statement of SplitStatements comes to in ClickHouse's SQL.
std::vector<sql::Statement> RewriteStatement(Engine& engine, Connection& connection,
                                             std::string_view statement,
                                             const Reading& reading = {});

// Runs one rewritten statement and gives its result whole, in `format`. Where `cancelled` comes to
// hold while it waits for a lock, and who sets it wakes the lock, it throws TF_CANCELLED.
Result RunStatement(Engine& engine, Connection& connection, const sql::Statement& statement,
                    std::string_view format, const std::atomic<bool>* cancelled = nullptr);

// Runs a text of one or several statements, whose rows, where they give any, are dropped.
void ExecuteText(Engine& engine, Connection& connection, std::string_view text);

}  // namespace theflash

#endif  // THEFLASH_QUERY_STATEMENTS_H_

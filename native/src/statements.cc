#include "statements.h"

#include <algorithm>

#include "engine_catalog.h"
#include "quote.h"
#include "sql/split.h"
#include "sql/token.h"
#include "status.h"

namespace theflash {
namespace {

// Holds the write gate for a scope.
class WriteTurn {
 public:
  explicit WriteTurn(Engine& engine) : gate_(engine.write_gate()) {
    gate_.Enter();
    try {
      engine.FinishCommit();
    } catch (...) {
      gate_.Leave();
      throw;
    }
  }
  ~WriteTurn() { gate_.Leave(); }
  WriteTurn(const WriteTurn&) = delete;
  WriteTurn& operator=(const WriteTurn&) = delete;

 private:
  Gate& gate_;
};

// Passes over comments in front of the first word.
bool StartsWithWord(std::string_view sql, std::string_view word) {
  for (size_t at = 0; at < sql.size();) {
    const sql::Lexeme lexeme = sql::ReadLexeme(sql, at, false);
    const sql::Token& token = lexeme.token;
    if (lexeme.is_token) {
      return sql::EqualsIgnoringCase(sql.substr(token.begin, token.end - token.begin), word);
    }
    at = token.end;
  }
  return false;
}

uint64_t MaxVersion(Connection& connection, const std::string& database, const std::string& table) {
  const auto rows = connection.Rows("SELECT max(" + std::string(sql::kVersionColumn) + ") FROM " +
                                    QuoteTable(database, table) + " SETTINGS final = 0");
  return std::stoull(rows.at(0).at(0));
}

// Rows that came with versions of their own must not beat those that are written from now on.
void RaiseVersionsAboveRestored(Engine& engine, Connection& connection) {
  for (const auto& row :
       connection.Rows("SELECT database, table FROM system.columns WHERE name = " +
                       QuoteText(sql::kVersionColumn))) {
    engine.versions().RaiseAbove(MaxVersion(connection, row.at(0), row.at(1)));
  }
}

// Runs a statement whose versions are filled in.
Result RunSql(Connection& connection, std::string_view sql, std::string_view format) {
  const auto insert = sql::FindInsertData(sql);
  if (!insert) return connection.Query(sql, format);
  const auto* data = reinterpret_cast<const uint8_t*>(insert->data.data());
  return connection.Insert(insert->query, insert->format, {{data, insert->data.size()}});
}

// Bound of the rows that one statement writes to a table without a key. It reserves that many
// numbers beforehand: one that fails or is killed half-way may have used any of them.
constexpr uint64_t kKeylessRowsMax = uint64_t{1} << 36U;

Result WriteMutable(Engine& engine, Connection& connection, const sql::Statement& statement,
                    std::string_view format) {
  const uint64_t count = statement.versions + (statement.version_per_row ? kKeylessRowsMax : 0);
  const uint64_t first = count == 0 ? 0 : engine.versions().Reserve(count);
  Result result = RunSql(connection, statement.Fill(first), format);
  if (statement.version_per_row) {
    const uint64_t rows = std::min(chdb_result_rows_written(result.get()), kKeylessRowsMax);
    engine.versions().GiveBack(first + statement.versions + rows);
  }
  if (statement.imports_versions) {
    engine.versions().RaiseAbove(MaxVersion(connection, statement.database, statement.table));
  }
  return result;
}

}  // namespace

std::vector<std::string_view> SplitStatements(std::string_view text) {
  try {
    return sql::Split(text);
  } catch (const sql::SqlError& error) {
    throw Error(TF_INVALID, error.what(), error.hint());
  }
}

std::vector<sql::Statement> RewriteStatement(Engine& engine, Connection& connection,
                                             std::string_view statement) {
  EngineCatalog catalog(&connection);
  sql::Options options;
  options.allow_external = engine.options().allow_external;
  try {
    return sql::Rewrite(statement, catalog, options);
  } catch (const sql::SqlError& error) {
    throw Error(TF_INVALID, error.what(), error.hint());
  }
}

Result RunStatement(Engine& engine, Connection& connection, const sql::Statement& statement,
                    std::string_view format) {
  switch (statement.effect) {
    case sql::Effect::kWriteMutable:
    case sql::Effect::kDdl: {
      const WriteTurn turn(engine);
      if (statement.effect == sql::Effect::kDdl) engine.staged_shapes().Clear();
      return WriteMutable(engine, connection, statement, format);
    }
    case sql::Effect::kRead:
      return engine.WithVisibility([&] { return connection.Query(statement.sql, format); });
    case sql::Effect::kOther:
      break;
  }
  // INSERT ... SELECT into a plain table reads while it runs: no batch may appear to it half.
  if (StartsWithWord(statement.sql, "INSERT") || StartsWithWord(statement.sql, "WITH")) {
    return engine.WithVisibility([&] { return RunSql(connection, statement.sql, format); });
  }
  if (StartsWithWord(statement.sql, "RESTORE")) {
    const WriteTurn turn(engine);
    engine.staged_shapes().Clear();
    Result result = connection.Query(statement.sql, format);
    RaiseVersionsAboveRestored(engine, connection);
    return result;
  }
  return connection.Query(statement.sql, format);
}

void ExecuteText(Engine& engine, Connection& connection, std::string_view text) {
  for (const std::string_view part : SplitStatements(text)) {
    for (const sql::Statement& statement : RewriteStatement(engine, connection, part)) {
      RunStatement(engine, connection, statement, "Null");
    }
  }
}

}  // namespace theflash

#include "write/mutable_write.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>

#include "base/status.h"
#include "sql/quote.h"
#include "sql/split.h"
#include "write/commit.h"

namespace theflash {
namespace {

// A block of an INSERT holds a million rows (max_insert_block_size), and a row of text takes a byte
// or more: below this all rows of a statement are in one block, and so in one part.
constexpr size_t kOneBlockBytes = 1U << 19U;

// Of ClickHouse, src/Common/ErrorCodes.cpp.
constexpr int kAccessDenied = 497;

// Beginnings of the names of formats whose rows take a byte each at least; compressed ones do not.
constexpr std::string_view kTextFormats[] = {"Values", "TabSeparated", "TSV", "CSV", "JSON"};

// Bound of the rows that one statement writes to a table without a key. It reserves that many
// numbers beforehand: one that fails or is killed half-way may have used any of them.
constexpr uint64_t kKeylessRowsMax = uint64_t{1} << 36U;

// Moves the counter past the versions of rows that wait to be committed, durably: so a later write
// wins over them, even if the process is killed as soon as they are seen.
void PassImported(Engine& engine, Connection& connection, const sql::Statement& statement,
                  const std::string& staged) {
  const auto rows = connection.Rows("SELECT max(" + std::string(sql::kVersionColumn) + ") FROM " +
                                    staged + " SETTINGS final = 0");
  const uint64_t newest = std::stoull(rows.at(0).at(0));
  if (newest > Versions::kForeignMax) {
    throw Error(TF_INVALID,
                "IMPORT INTO " + statement.database + "." + statement.table + ": version " +
                    std::to_string(newest) + " leaves too few for later writes",
                "Versions of your own may go up to 2^63 - 1.");
  }
  engine.versions().RaiseAbove(newest);
}

// A table of the staging database that goes away with this, unless a commit has used it up.
class StagedRows {
 public:
  // `connection` has all rights.
  StagedRows(Engine& engine, Connection& connection, const sql::Statement& statement)
      : engine_(engine),
        connection_(connection),
        staged_{std::to_string(engine.versions().Reserve(1)) + "_sql", statement.database,
                statement.table} {
    connection.Execute("CREATE TABLE " + name() +
                       (statement.create.empty() ? " AS " + target() : statement.create));
  }
  ~StagedRows() {
    if (committed_ || engine_.half_committed()) return;
    try {
      engine_.ledger().Drop({staged_});
    } catch (const Error&) {
      // Nobody reads staged tables, and the next open drops them.
    }
  }
  StagedRows(const StagedRows&) = delete;
  StagedRows& operator=(const StagedRows&) = delete;

  std::string name() const { return QuoteTable(kStagingDatabase, staged_.staging); }
  std::string target() const { return QuoteTable(staged_.database, staged_.table); }
  void Commit() {
    CommitStaged(engine_, {staged_}, {staged_}, kSqlSource, "");
    committed_ = true;
  }
  // Makes it the table itself. What was there goes with this; a kill leaves the one or the other.
  void BecomeTarget(bool is_there) {
    const auto engine = connection_.Rows("SELECT engine FROM system.databases WHERE name = " +
                                         QuoteText(staged_.database));
    if (is_there) {
      connection_.Execute("EXCHANGE TABLES " + name() + " AND " + target());
    } else if (engine.at(0).at(0) == "Atomic") {
      connection_.Execute("RENAME TABLE " + name() + " TO " + target());
      committed_ = true;
    } else {
      // `default` takes no tables of other databases: a kill may leave it empty there.
      connection_.Execute("CREATE TABLE " + target() + " AS " + name());
      Commit();
    }
  }

 private:
  Engine& engine_;
  Connection& connection_;
  const Staged staged_;
  bool committed_ = false;
};

bool MakesOnePart(const sql::Statement& statement) {
  if (statement.many_parts || statement.sql.size() >= kOneBlockBytes) return false;
  const auto insert = sql::FindInsertData(statement.sql);
  if (!insert || insert->query.find("insert_block_size") != std::string_view::npos) return false;
  return std::any_of(std::begin(kTextFormats), std::end(kTextFormats),
                     [&](std::string_view prefix) { return insert->format.starts_with(prefix); });
}

// Nobody sees the table before it has its rows; one that it replaces is read until then, by the
// query for the rows too.
Result CreateFilled(Engine& engine, Connection& connection, const sql::Statement& statement,
                    const std::function<Result(std::string_view)>& run) {
  const std::string target = QuoteTable(statement.database, statement.table);
  const bool is_there = connection.Rows("EXISTS TABLE " + target).at(0).at(0) == "1";
  // The engine says that it is there already.
  if (is_there && !statement.replaces)
    connection.Execute("CREATE TABLE " + target + statement.create);
  StagedRows staged(engine, connection, statement);
  Result result = run(staged.name());
  engine.WriteAtOnce([&] { staged.BecomeTarget(is_there); });
  engine.staged_shapes().Clear();
  return result;
}

// The rows are read, and written to where they wait, with the rights of the role. What makes them
// the table's is ch.so's own, and asks whether the role may insert there before.
Result WriteAsRole(Engine& engine, Connection& connection, const sql::Statement& statement,
                   const std::function<Result(std::string_view)>& run) {
  const std::string target = QuoteTable(statement.database, statement.table);
  if (connection.Rows("CHECK GRANT INSERT ON " + target).at(0).at(0) != "1") {
    throw Error(TF_DENIED,
                "Not enough privileges. To execute this query, it's necessary to have the grant "
                "INSERT ON " +
                    statement.database + "." + statement.table,
                "", kAccessDenied);
  }
  const Lease owner = engine.pool().Take();
  StagedRows staged(engine, *owner, statement);
  Result result = run(staged.name());
  staged.Commit();
  return result;
}

}  // namespace

Result RunSql(Connection& connection, std::string_view sql, std::string_view format) {
  const auto insert = sql::FindInsertData(sql);
  if (!insert) return connection.Query(sql, format);
  const auto* data = reinterpret_cast<const uint8_t*>(insert->data.data());
  return connection.Insert(insert->query, insert->format, {{data, insert->data.size()}});
}

Result WriteMutable(Engine& engine, Connection& connection, const sql::Statement& statement,
                    std::string_view format) {
  const uint64_t count = statement.versions + (statement.version_per_row ? kKeylessRowsMax : 0);
  const auto run = [&](std::string_view target) {
    const uint64_t first = count == 0 ? 0 : engine.versions().Reserve(count);
    Result result = RunSql(connection, statement.Fill(first, target), format);
    if (statement.version_per_row) {
      const uint64_t rows = std::min(chdb_result_rows_written(result.get()), kKeylessRowsMax);
      engine.versions().GiveBack(first + statement.versions + rows);
    }
    return result;
  };
  if (!statement.create.empty()) return CreateFilled(engine, connection, statement, run);
  // Versions of the caller's are known only when its rows are stored.
  if (!statement.imports_versions && MakesOnePart(statement)) {
    return engine.WriteAtOnce([&] { return run(""); });
  }
  if (connection.has_role()) return WriteAsRole(engine, connection, statement, run);
  StagedRows staged(engine, connection, statement);
  Result result = run(staged.name());
  if (statement.imports_versions) {
    PassImported(engine, connection, statement, staged.name());
    engine.CutChanges(statement.database, statement.table, "IMPORT INTO");
  }
  staged.Commit();
  return result;
}

}  // namespace theflash

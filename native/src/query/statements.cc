#include "query/statements.h"

#include <algorithm>

#include "base/status.h"
#include "query/cloned_read.h"
#include "sandbox/sandbox.h"
#include "store/engine_catalog.h"
#include "write/mutable_write.h"

namespace theflash {
namespace {

// Of ClickHouse, src/Common/ErrorCodes.cpp.
constexpr int kAccessDenied = 497;

// Holds the write gate for a scope. It begins no sooner than a snapshot that is being made is done
// (PrepareWrite takes the visibility lock alone): so a snapshot sees at most the one statement that
// was under way before it, and no later one.
class WriteTurn {
 public:
  WriteTurn(Engine& engine, const std::atomic<bool>* cancelled) : engine_(engine) {
    engine_.write_gate().Enter(cancelled);
    try {
      engine_.PrepareWrite();
    } catch (...) {
      engine_.LeaveWrite();
      throw;
    }
  }
  ~WriteTurn() { engine_.LeaveWrite(); }
  WriteTurn(const WriteTurn&) = delete;
  WriteTurn& operator=(const WriteTurn&) = delete;

 private:
  Engine& engine_;
};

// Enough of a statement to know it by.
std::string_view FirstWords(std::string_view sql) {
  constexpr size_t kBytesMax = 80;
  size_t end = std::min(sql.size(), kBytesMax);
  while (end > 0 && end < sql.size() && sql[end] != ' ') --end;
  return sql.substr(0, end);
}

// A snapshot is not made while names move: it would not be known whose rows it has. And none that
// is made later is of the version that one before is of, even if no row is written: so the first
// version of a table that took a name tells it from the one before.
Result ChangeTables(Engine& engine, Connection& connection, const sql::Statement& statement,
                    std::string_view format) {
  if (statement.cuts_changes) {
    engine.CutChanges(statement.database, statement.table, FirstWords(statement.sql));
  } else {
    engine.versions().Reserve(1);
  }
  const auto run = [&] { return RunSql(connection, statement.sql, format); };
  return statement.moves_names ? engine.WriteAtOnce(run) : run();
}

// ClickHouse asks for a role's grants in what is left. All others are refused: its one user may end
// each of his own queries, so that KILL QUERY would reach everybody's; and ch.so carries out some
// of its verbs with rights of its own.
void RefuseToRole(const sql::Statement& statement) {
  switch (statement.effect) {
    case sql::Effect::kRead:
    case sql::Effect::kInsert:
      return;
    case sql::Effect::kWriteMutable:
      if (!statement.imports_versions && statement.create.empty()) return;
      break;
    case sql::Effect::kDdl:
    case sql::Effect::kSnapshot:
    case sql::Effect::kRestore:
    case sql::Effect::kOther:
      break;
  }
  throw Error(TF_DENIED, "Not enough privileges for this kind of statement",
              "A user may run SELECT, SHOW, DESCRIBE, EXPLAIN and INSERT, and UPDATE and DELETE of "
              "mutable tables.",
              kAccessDenied);
}

// INSERT … SELECT into a plain table reads while it runs, and no batch may appear to it half: it
// reads clones, and where it can't, it holds up batches to its end.
Result RunInsert(Engine& engine, Connection& connection, const std::string& insert,
                 std::string_view format, const std::atomic<bool>* cancelled) {
  if (const auto read = ClonedRead::MakeInsert(engine, connection, insert, cancelled)) {
    return RunSql(connection, read->sql(), format);
  }
  return engine.WithVisibility([&] { return RunSql(connection, insert, format); }, cancelled);
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
                                             std::string_view statement, const Reading& reading) {
  EngineCatalog catalog(&connection, &engine.pool(), &engine.prints());
  sql::Options options;
  options.default_database = reading.database;
  options.takes_format = reading.takes_format;
  options.allow_external = engine.options().allow_external;
  options.folders = engine.folders();
  options.reads_files = HasSandbox();
  options.const_settings = &engine.const_settings();
  if (connection.has_role()) options.role = &engine.role_rules();
  try {
    return sql::Rewrite(statement, catalog, options);
  } catch (const sql::RightsError& error) {
    throw Error(TF_DENIED, error.what(), "", kAccessDenied);
  } catch (const sql::SqlError& error) {
    throw Error(TF_INVALID, error.what(), error.hint());
  }
}

Result RunStatement(Engine& engine, Connection& connection, const sql::Statement& statement,
                    std::string_view format, const std::atomic<bool>* cancelled) {
  if (connection.has_role()) RefuseToRole(statement);
  switch (statement.effect) {
    case sql::Effect::kWriteMutable: {
      const WriteTurn turn(engine, cancelled);
      return WriteMutable(engine, connection, statement, format);
    }
    case sql::Effect::kDdl: {
      const WriteTurn turn(engine, cancelled);
      engine.staged_shapes().Clear();
      return ChangeTables(engine, connection, statement, format);
    }
    case sql::Effect::kSnapshot:
      engine.ChangeSnapshot(*statement.snapshot);
      return Result();
    case sql::Effect::kRead:
      return engine.WithVisibility([&] { return connection.Query(statement.sql, format); },
                                   cancelled);
    case sql::Effect::kInsert:
      return RunInsert(engine, connection, statement.sql, format, cancelled);
    case sql::Effect::kRestore: {
      const WriteTurn turn(engine, cancelled);
      engine.staged_shapes().Clear();
      return engine.WithForeignVersions([&] { return connection.Query(statement.sql, format); });
    }
    case sql::Effect::kOther:
      break;
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

#include "write/insert_rows.h"

#include <string>

#include "arrow/arrow_ipc.h"
#include "base/status.h"
#include "sql/quote.h"
#include "store/engine_catalog.h"

namespace theflash {
namespace {

void CheckTarget(Engine& engine, Connection& connection, const std::string& database,
                 const std::string& table) {
  const std::string name = database + "." + table;
  if (database == sql::kStagingDatabase || database == sql::kSnapshotDatabase) {
    throw Error(TF_INVALID, "The database " + database + " is the engine's own",
                "Insert into a table of your own.");
  }
  const auto info = EngineCatalog(&connection, &engine.pool()).Find(database, table);
  if (!info) throw Error(TF_NOT_FOUND, "table " + name + " does not exist in the engine");
  if (info->is_mutable) {
    throw Error(TF_INVALID, name + " is a mutable table, whose rows need versions",
                "Write it by a batch, or by UPSERT INTO … SELECT from a plain table.");
  }
}

// The columns of a whole stream. Errors: TF_INVALID where it is cut short or has no schema.
std::string ColumnList(std::span<const uint8_t> arrow_stream) {
  ArrowReader reader(arrow_stream);
  const auto schema = reader.Next();
  if (!schema || schema->header != ArrowHeader::kSchema) {
    throw Error(TF_INVALID, "the Arrow stream has no schema");
  }
  while (reader.Next()) {
    // What is cut short must fail before any of it is written.
  }
  std::string list;
  for (const std::string& name : FieldNames(*schema)) {
    list += (list.empty() ? "" : ", ") + QuoteName(name);
  }
  return list;
}

}  // namespace

uint64_t InsertRows(Engine& engine, std::string_view database, std::string_view table,
                    std::span<const uint8_t> arrow_stream) {
  const std::string columns = ColumnList(arrow_stream);
  const Lease connection = engine.pool().Take();
  CheckTarget(engine, *connection, std::string(database), std::string(table));
  const Result result =
      connection->Insert("INSERT INTO " + QuoteTable(database, table) + " (" + columns +
                             ") SETTINGS async_insert = 0, input_format_null_as_default = 0",
                         "ArrowStream", {arrow_stream});
  return chdb_result_rows_written(result.get());
}

}  // namespace theflash

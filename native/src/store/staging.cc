#include "store/staging.h"

#include <algorithm>

#include "arrow/arrow_ipc.h"
#include "base/status.h"
#include "sql/quote.h"
#include "sql/rewrite.h"
#include "sql/table_shape.h"
#include "store/multiset.h"

namespace theflash {
namespace {

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// A name of `length` bytes that is not among `taken`.
std::string FreshName(size_t length, const std::vector<std::string>& taken) {
  constexpr std::string_view kDigits = "abcdefghijklmnopqrstuvwxyz0123456789";
  for (size_t number = 0;; ++number) {
    std::string name(length, '_');
    size_t rest = number;
    for (size_t at = length; at > 0 && rest > 0; rest /= kDigits.size()) {
      name[--at] = kDigits[rest % kDigits.size()];
    }
    if (!Contains(taken, name)) return name;
    if (rest > 0) throw Error(TF_INVALID, "the table has too many columns with short names");
  }
}

sql::ChangedColumn DayColumn(const StagedShape::Column& column, bool nullable) {
  const std::string optional = nullable ? "Nullable(" : "";
  const std::string end = nullable ? ")" : "";
  return {column.name,
          QuoteName(column.name) + " " + optional + "Date32" + end +
              " DEFAULT addDays(toDate32('1970-01-01'), " + QuoteName(column.days) + ")",
          QuoteName(column.days) + " " + optional + "Int32" + end + " EPHEMERAL"};
}

}  // namespace

StagingTable::StagingTable(Connection& connection, StagedShapes& shapes, Staged staged)
    : staged_(std::move(staged)),
      shapes_(&shapes),
      shape_(shapes.Find(staged_.database, staged_.table)) {
  if (shape_) return;
  shape_ = ReadShape(connection);
  shapes.Put(staged_.database, staged_.table, shape_);
}

// ClickHouse stores any day in a Date32 and reads it back right, but its Arrow reader refuses days
// before 1900 and after 2299, which MySQL has. So a staged Date32 column is computed from an Int32
// column that stands in the stream under another name, and is itself not stored.
std::shared_ptr<const StagedShape> StagingTable::ReadShape(Connection& connection) const {
  const auto rows =
      connection.Rows("SELECT name, default_kind, type FROM system.columns WHERE database = " +
                      QuoteText(staged_.database) + " AND table = " + QuoteText(staged_.table) +
                      " ORDER BY position");
  if (rows.empty()) {
    throw Error(TF_NOT_FOUND, "table " + target() + " does not exist in the engine",
                "Create it with ENGINE = MutableMergeTree first.");
  }
  std::vector<std::string> names;
  std::vector<std::string> hidden;
  for (const auto& row : rows) {
    names.push_back(row.at(0));
    if (row.at(1) == "MATERIALIZED") hidden.push_back(row.at(0));
  }
  if (!Contains(hidden, sql::kVersionColumn) || !Contains(hidden, sql::kDelmarkColumn)) {
    throw Error(TF_INVALID, target() + " is no mutable table, so a batch can't write to it",
                "Create it with ENGINE = MutableMergeTree.");
  }
  auto shape = std::make_shared<StagedShape>();
  std::vector<sql::ChangedColumn> days;
  shape->is_multiset = Contains(hidden, sql::kRowHashColumn);
  for (const auto& row : rows) {
    if (!row.at(1).empty() && row.at(1) != "DEFAULT") continue;
    Column column{row.at(0), ""};
    const bool nullable = row.at(2) == "Nullable(Date32)";
    if (nullable || row.at(2) == "Date32") {
      column.days = FreshName(column.name.size(), names);
      names.push_back(column.days);
      days.push_back(DayColumn(column, nullable));
    }
    shape->columns.push_back(std::move(column));
  }
  shape->columns.push_back({std::string(sql::kVersionColumn), ""});
  shape->columns.push_back({std::string(sql::kDelmarkColumn), ""});
  if (!days.empty()) {
    const auto query =
        connection.Rows("SELECT create_table_query FROM system.tables WHERE database = " +
                        QuoteText(staged_.database) + " AND name = " + QuoteText(staged_.table));
    const sql::ChangedTable table = sql::ChangeColumns(query.at(0).at(0), days);
    shape->column_list = table.column_list;
    shape->engine_clause = table.engine_clause;
  }
  shape->direct_structure = ReadDirectStructure(connection, *shape);
  return shape;
}

// Rows go straight into a table whose inserts do nothing with them that reading them for `null`
// does not do too: so none fails after the commit because of what it holds. What an index, a
// projection, a TTL, a constraint of the user's own, a computed column, a partition or an
// expression in the key would do is not known beforehand; nor may a view be fed, which attached
// parts do not feed.
std::string StagingTable::ReadDirectStructure(Connection& connection,
                                              const StagedShape& shape) const {
  if (shape.is_multiset) return "";
  const auto simple = connection.Rows(
      "SELECT countSubstrings(create_table_query, 'CONSTRAINT') <= 1"
      " AND NOT match(create_table_query, '\\\\b(INDEX|PROJECTION|TTL|STATISTICS|CODEC)\\\\b')"
      " AND partition_key = '' AND match(sorting_key, '^[(]?[^()]*[)]?$')"
      " AND empty(dependencies_table) AND engine = 'ReplacingMergeTree'"
      " FROM system.tables WHERE database = " +
      QuoteText(staged_.database) + " AND name = " + QuoteText(staged_.table));
  if (simple.empty() || simple[0].at(0) != "1") return "";
  std::string structure;
  for (const auto& row :
       connection.Rows("SELECT name, type, default_kind = 'MATERIALIZED' FROM system.columns WHERE "
                       "database = " +
                       QuoteText(staged_.database) + " AND table = " + QuoteText(staged_.table) +
                       " AND default_kind IN ('', 'DEFAULT', 'MATERIALIZED') ORDER BY position")) {
    const bool is_hidden = row.at(0) == sql::kVersionColumn || row.at(0) == sql::kDelmarkColumn;
    if (row.at(2) == "1" && !is_hidden) return "";
    structure += (structure.empty() ? "" : ", ") + QuoteName(row.at(0)) + " " + row.at(1);
  }
  return structure;
}

void StagingTable::CreateTables(Connection& connection) {
  const auto create = [&](const std::string& name, const std::string& definition) {
    connection.Execute("CREATE TABLE " + QuoteTable(kStagingDatabase, name) + " " + definition);
  };
  const std::string like = "AS " + QuoteTable(staged_.database, staged_.table);
  const std::string& list = shape_->column_list;
  if (!shape_->is_multiset) {
    create(staged_.staging, list.empty() ? like : list + " " + shape_->engine_clause);
    return;
  }
  create(staged_.staging, like);
  // Not a ReplacingMergeTree: merges of raw changes must not fold equal ones.
  create(raw_name(), (list.empty() ? like : list) + " ENGINE = MergeTree ORDER BY tuple()");
}

void StagingTable::Append(Connection& connection, std::span<const uint8_t> arrow_stream,
                          DirectBudget& budget) {
  ArrowReader reader(arrow_stream);
  const auto schema = reader.Next();
  if (!schema || schema->header != ArrowHeader::kSchema) {
    throw Error(TF_INVALID, "rows for " + target() + ": the Arrow stream has no schema");
  }
  while (reader.Next()) {
    // A stream that is cut short must fail before any of it is staged.
  }
  CheckStream(FieldNames(*schema));
  if (TakeDirect(connection, arrow_stream, budget)) return;
  if (!has_tables_) {
    CreateTables(connection);
    has_tables_ = true;
  }
  if (staged_.rows) {
    Insert(connection, *staged_.rows);
    staged_.rows = nullptr;
  }
  Insert(connection, arrow_stream);
}

// The stream is as encodeChanges of src/protocol makes it: tombstones first, versions last.
bool StagingTable::TakeDirect(Connection& connection, std::span<const uint8_t> arrow_stream,
                              DirectBudget& budget) {
  if (shape_->direct_structure.empty() || has_tables_ || staged_.rows) return false;
  if (arrow_stream.size() > kDirectTableBytesMax) return false;
  const auto delmarks = BoundsOfFirstField(arrow_stream, sql::kDelmarkColumn);
  const auto versions = BoundsOfLastField(arrow_stream, sql::kVersionColumn);
  if (!delmarks || delmarks->max > 1 || !versions || versions->min == 0) return false;
  if (!budget.Take(arrow_stream.size())) return false;
  try {
    const std::string nowhere = "FUNCTION null(" + QuoteText(shape_->direct_structure) + ")";
    connection.Insert(InsertSql(nowhere, arrow_stream), "ArrowStream", {arrow_stream});
  } catch (const Error&) {
    // Days that only a staging table takes; or what the staging table refuses too, by a better
    // message.
    GiveUpDirect();
    return false;
  }
  staged_.rows =
      std::make_shared<const std::vector<uint8_t>>(arrow_stream.begin(), arrow_stream.end());
  direct_versions_ = *versions;
  return true;
}

// Such rows come again: they are not tried in vain before the table is changed.
void StagingTable::GiveUpDirect() {
  auto shape = std::make_shared<StagedShape>(*shape_);
  shape->direct_structure.clear();
  shape_ = shape;
  shapes_->Put(staged_.database, staged_.table, shape_);
}

void StagingTable::Insert(Connection& connection, std::span<const uint8_t> arrow_stream) const {
  const auto schema = ArrowReader(arrow_stream).Next();
  std::vector<std::string> names;
  for (const Column* column : CheckStream(FieldNames(*schema))) {
    names.push_back(column->days.empty() ? column->name : column->days);
  }
  const std::vector<uint8_t> renamed = RenameFields(*schema, names);
  connection.Insert(InsertSql(QuoteTable(kStagingDatabase, appended_name()), names), "ArrowStream",
                    {renamed, arrow_stream.subspan(renamed.size())});
}

void StagingTable::Finish(Connection& connection, Versions& versions) {
  if (!shape_->is_multiset) return;
  MultisetTables tables;
  tables.raw = QuoteTable(kStagingDatabase, raw_name());
  tables.staging = QuoteTable(kStagingDatabase, staged_.staging);
  tables.target = QuoteTable(staged_.database, staged_.table);
  for (const Column& column : shape_->columns) tables.columns.push_back(column.name);
  tables.columns.resize(tables.columns.size() - 2);  // the hidden ones
  StageMultiset(connection, versions, tables);
}

std::vector<Staged> StagingTable::tables() const {
  if (!has_tables_ && !staged_.rows) return {};
  std::vector<Staged> tables = {staged_};
  if (shape_->is_multiset) tables.push_back({raw_name(), "", ""});
  return tables;
}

// The columns of the stream in its order, which must be all columns of the table, each once.
std::vector<const StagingTable::Column*> StagingTable::CheckStream(
    const std::vector<std::string>& names) const {
  for (const Column& column : shape_->columns) {
    const auto times = std::count(names.begin(), names.end(), column.name);
    if (times == 1) continue;
    throw Error(TF_INVALID, "rows for " + target() + ": column " + column.name +
                                (times == 0 ? " is missing" : " stands twice"));
  }
  std::vector<const Column*> found;
  for (const std::string& name : names) {
    const auto column =
        std::find_if(shape_->columns.begin(), shape_->columns.end(),
                     [&](const Column& candidate) { return candidate.name == name; });
    if (column == shape_->columns.end()) {
      throw Error(TF_NOT_FOUND, "rows for " + target() + ": the table has no column " + name);
    }
    found.push_back(&*column);
  }
  return found;
}

std::string StagingTable::target() const { return staged_.database + "." + staged_.table; }

}  // namespace theflash

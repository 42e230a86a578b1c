// DELETE and UPDATE of mutable tables: inserts of what the rows shall become.
#include <algorithm>

#include "sql/statement.h"

namespace theflash::sql {
namespace {

// A read of the rows that a WHERE names.
struct Selection {
  std::string condition;
  std::string settings;  // " SETTINGS …" or empty
};

void RefusePartition(const Source& source, size_t from, std::string_view verb) {
  for (size_t at = from; at < source.tokens.size(); ++at) {
    const bool partition =
        source.tokens.IsWord(at, "IN") && source.tokens.IsWord(at + 1, "PARTITION");
    const bool cluster = source.tokens.IsWord(at, "ON") && source.tokens.IsWord(at + 1, "CLUSTER");
    if (source.tokens.IsWord(at, "WHERE")) return;
    if (!partition && !cluster) continue;
    throw SqlError(std::string(verb) + " of a mutable table knows no " +
                       (partition ? "IN PARTITION" : "ON CLUSTER"),
                   "Say it in the WHERE.");
  }
}

[[noreturn]] void RefuseLackOfWhere(std::string_view verb) {
  throw SqlError(std::string(verb) + " needs a WHERE",
                 "To change every row write WHERE true; to empty the table use TRUNCATE.");
}

Selection ReadSelection(const Source& source, size_t where, std::string_view verb) {
  const Tokens& tokens = source.tokens;
  const size_t settings = FindSettings(tokens, where + 1, tokens.size());
  if (!tokens.IsWord(where, "WHERE")) RefuseLackOfWhere(verb);
  Selection selection;
  selection.condition = tokens.Span(where + 1, settings - 1);
  if (settings < tokens.size()) {
    selection.settings = " " + std::string(tokens.Span(settings, tokens.size() - 1));
  }
  return selection;
}

std::string Join(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) joined += (joined.empty() ? "" : ", ") + text;
  return joined;
}

SqlText From(const TableName& name, const Selection& selection) {
  return SqlText(" FROM ").Add(name.text).Add(" WHERE (").Add(selection.condition).Add("\n)");
}

// The columns that a deleted row keeps, so that tombstones read like rows in SELRAW.
std::vector<std::string> TombstoneColumns(const TableInfo& info) {
  std::vector<std::string> names;
  for (const Column& column : info.columns) {
    if (IsInsertable(column) || column.default_kind == "MATERIALIZED") {
      names.push_back(QuoteName(column.name));
    }
  }
  if (info.is_multiset) {
    names.emplace_back(kRowHashColumn);
    names.emplace_back(kRowIndexColumn);
  }
  return names;
}

SqlText InsertInto(const TableName& name, const std::vector<std::string>& columns) {
  return SqlText("INSERT INTO ")
      .AddTarget(name.text)
      .Add(" (")
      .Add(Join(columns))
      .Add(", ")
      .Add(kVersionColumn)
      .Add(", ")
      .Add(kDelmarkColumn)
      .Add(") ");
}

SqlText SelectTombstones(const TableName& name, const std::vector<std::string>& columns,
                         const Selection& selection) {
  return SqlText("SELECT ")
      .Add(Join(columns))
      .Add(", toUInt64(")
      .AddVersion(0)
      .Add("), toUInt8(1)")
      .Add(From(name, selection));
}

struct Assignment {
  std::string column;
  std::string expression;
};

size_t SkipElement(const Tokens& tokens, size_t at, size_t to) {
  while (at < to && !tokens.IsSymbol(at, ",")) {
    const bool opens =
        tokens.IsSymbol(at, "(") || tokens.IsSymbol(at, "[") || tokens.IsSymbol(at, "{");
    at = opens ? tokens.Closing(at) + 1 : at + 1;
  }
  return std::min(at, to);
}

std::vector<Assignment> ReadAssignments(const Tokens& tokens, size_t from, size_t to) {
  std::vector<Assignment> assignments;
  for (size_t at = from; at <= to; ++at) {
    const size_t end = SkipElement(tokens, at, to);
    if (!tokens.IsName(at) || !tokens.IsSymbol(at + 1, "=") || end <= at + 2) {
      throw SqlError("UPDATE: need \"column = expression\", got \"" +
                         std::string(tokens.Span(at, end - 1)) + "\"",
                     "Write: UPDATE t SET a = 1, b = b + 1 WHERE …");
    }
    assignments.push_back({tokens.Name(at), std::string(tokens.Span(at + 2, end - 1))});
    at = end;
  }
  return assignments;
}

const Assignment* FindAssignment(const std::vector<Assignment>& assignments,
                                 std::string_view column) {
  const auto found = std::find_if(assignments.begin(), assignments.end(),
                                  [&](const Assignment& each) { return each.column == column; });
  return found == assignments.end() ? nullptr : &*found;
}

void CheckAssignments(const std::vector<Assignment>& assignments, const TableInfo& info) {
  for (const Assignment& assignment : assignments) {
    const auto& column = assignment.column;
    const auto known = std::find_if(info.columns.begin(), info.columns.end(),
                                    [&](const Column& each) { return each.name == column; });
    if (known == info.columns.end()) {
      throw SqlError("UPDATE: the table has no column " + column, "See DESCRIBE TABLE.");
    }
    if (!IsInsertable(*known)) {
      throw SqlError("UPDATE: column " + column + " is computed (" + known->default_kind + ")",
                     "Update the columns that it is computed of.");
    }
    if (FindAssignment(assignments, column) != &assignment) {
      throw SqlError("UPDATE sets column " + column + " twice", "Set it once.");
    }
  }
}

// The new rows: assigned expressions cast as an INSERT would, the other columns as they are.
struct NewRow {
  std::vector<std::string> names;
  std::vector<std::string> values;
};

NewRow MakeNewRow(const TableInfo& info, const std::vector<Assignment>& assignments) {
  NewRow row;
  for (const Column& column : info.columns) {
    if (!IsInsertable(column)) continue;
    row.names.push_back(QuoteName(column.name));
    const Assignment* assigned = FindAssignment(assignments, column.name);
    row.values.push_back(assigned == nullptr ? QuoteName(column.name)
                                             : "CAST((" + assigned->expression + "\n), " +
                                                   QuoteText(column.type) + ")");
  }
  return row;
}

// Rows whose key stays are simply inserted anew.
Statement UpdateInPlace(const TableName& name, const NewRow& row, const Selection& selection) {
  SqlText text = InsertInto(name, row.names);
  text.Add("SELECT ").Add(Join(row.values)).Add(", toUInt64(").AddVersion(0).Add("), toUInt8(0)");
  text.Add(From(name, selection)).Add(selection.settings);
  Statement statement = MakeStatement(text, Effect::kWriteMutable, name);
  statement.many_parts = true;
  statement.versions = 1;
  return statement;
}

// Column `index` of a row that is written twice: as it was, and as it becomes.
std::string OldOrNew(const NewRow& row, size_t index) {
  if (row.values[index] == row.names[index]) return row.names[index];
  return "if(_tf_new, _tf_" + std::to_string(index) + ", " + row.names[index] + ")";
}

// Rows that are deleted under their old key and inserted under their new one, from one read of the
// table: a WHERE that gives other rows when it is asked again (rand(), a subquery with LIMIT) names
// the same ones for both. The new row has the version after: so a key that one row leaves and
// another one takes ends up with the other one.
SqlText BothRows(const TableName& name, const NewRow& row, const Selection& selection,
                 const std::vector<std::string>& hidden) {
  SqlText text = SqlText(", toUInt64(").AddVersion(0).Add(") + _tf_new, toUInt8(1 - _tf_new)");
  text.Add(" FROM (SELECT ").Add(Join(row.names));
  for (const std::string& column : hidden) text.Add(", ").Add(column);
  for (size_t index = 0; index < row.values.size(); ++index) {
    if (row.values[index] == row.names[index]) continue;
    text.Add(", ").Add(row.values[index]).Add(" AS _tf_").Add(std::to_string(index));
  }
  text.Add(From(name, selection)).Add(") ARRAY JOIN [0, 1] AS _tf_new").Add(selection.settings);
  return text;
}

Statement UpdateKeys(const TableName& name, const NewRow& row, const Selection& selection) {
  std::vector<std::string> values;
  for (size_t index = 0; index < row.names.size(); ++index) values.push_back(OldOrNew(row, index));
  SqlText text = InsertInto(name, row.names);
  text.Add("SELECT ").Add(Join(values)).Add(BothRows(name, row, selection, {}));
  Statement statement = MakeStatement(text, Effect::kWriteMutable, name);
  statement.many_parts = true;
  statement.versions = 2;
  return statement;
}

// In a multiset every row is its own key: the old row goes, and a row with a new hash and index
// comes.
Statement UpdateMultiset(const TableName& name, const NewRow& row, const Selection& selection) {
  const std::vector<std::string> hidden = {std::string(kRowHashColumn),
                                           std::string(kRowIndexColumn)};
  std::vector<std::string> columns = row.names;
  columns.insert(columns.end(), hidden.begin(), hidden.end());
  std::vector<std::string> values;
  std::vector<std::string> hashed;
  for (size_t index = 0; index < row.names.size(); ++index) {
    values.push_back(OldOrNew(row, index));
    const bool same = row.values[index] == row.names[index];
    hashed.push_back(same ? row.names[index] : "_tf_" + std::to_string(index));
  }
  SqlText text = InsertInto(name, columns);
  text.Add("SELECT ").Add(Join(values)).Add(", if(_tf_new, ").Add(RowHash(hashed)).Add(", ");
  text.Add(hidden[0]).Add("), if(_tf_new, toUInt64(").AddVersion(1);
  text.Add(") + rowNumberInAllBlocks(), ").Add(hidden[1]).Add(")");
  text.Add(BothRows(name, row, selection, hidden));
  Statement statement = MakeStatement(text, Effect::kWriteMutable, name);
  statement.many_parts = true;
  statement.versions = 2;
  statement.version_per_row = true;
  return statement;
}

// True for a call of arrayJoin, which gives several rows for one, at `index` of a text that
// ClickHouse has printed.
bool IsArrayJoin(const Tokens& tokens, size_t index) {
  if (!tokens.IsSymbol(index + 1, "(") || !tokens.IsName(index)) return false;
  const std::string name = tokens.Name(index);
  return EqualsIgnoringCase(name, "arrayJoin") || EqualsIgnoringCase(name, "unnest");
}

// A row is changed once: what would give several of it is refused, as ClickHouse does in the
// mutations of plain tables. Subqueries have rows of their own.
void RefuseArrayJoin(const Tokens& tokens, size_t from) {
  for (size_t i = from; i < tokens.size(); ++i) {
    const bool subquery =
        tokens.IsSymbol(i, "(") && (tokens.IsWord(i + 1, "SELECT") || tokens.IsWord(i + 1, "WITH"));
    if (subquery) {
      i = tokens.Closing(i);
    } else if (IsArrayJoin(tokens, i)) {
      throw SqlError("arrayJoin would give several rows for one that is changed",
                     "Put it into a subquery, as: WHERE k IN (SELECT arrayJoin([1, 2])).");
    }
  }
}

}  // namespace

void RefuseArrayJoinFunction(const Tokens& tokens) {
  size_t at = 1;
  if (tokens.IsWord(at, "OR")) at += 2;
  if (!tokens.IsWord(0, "CREATE") || !tokens.IsWord(at, "FUNCTION")) return;
  for (size_t i = at; i < tokens.size(); ++i) {
    if (!IsArrayJoin(tokens, i)) continue;
    throw SqlError("a function of SQL can't hold arrayJoin: UPDATE and DELETE would not see it",
                   "Write arrayJoin where it is used.");
  }
}

void RefuseLackOfWhere(const Tokens& tokens) {
  const bool is_delete = tokens.IsWord(0, "DELETE") && tokens.IsWord(1, "FROM");
  if (!is_delete && !tokens.IsWord(0, "UPDATE")) return;
  const size_t where = tokens.FindWord(1, tokens.size(), "WHERE");
  if (where + 1 >= tokens.size()) RefuseLackOfWhere(is_delete ? "DELETE" : "UPDATE");
}

Rewritten RewriteDelete(const Source& source) {
  if (!source.tokens.IsWord(1, "FROM")) return std::nullopt;
  const std::optional<TableName> name = ReadTableName(source, 2);
  if (!name) return std::nullopt;
  const std::optional<TableInfo> info = FindMutable(source, *name);
  if (!info) {
    RefuseMutationOfOthers(source, name->end);
    return std::nullopt;
  }
  RefusePartition(source, name->end, "DELETE");
  RefuseArrayJoin(source.tokens, name->end);
  const Selection selection = ReadSelection(source, name->end, "DELETE");
  const std::vector<std::string> columns = TombstoneColumns(*info);
  SqlText text = InsertInto(*name, columns);
  text.Add(SelectTombstones(*name, columns, selection)).Add(selection.settings);
  Statement statement = MakeStatement(text, Effect::kWriteMutable, *name);
  statement.many_parts = true;
  statement.versions = 1;
  return {{std::move(statement)}};
}

Rewritten RewriteUpdate(const Source& source) {
  const Tokens& tokens = source.tokens;
  const std::optional<TableName> name = ReadTableName(source, 1);
  if (!name) return std::nullopt;
  const std::optional<TableInfo> info = FindMutable(source, *name);
  if (!info) {
    RefuseMutationOfOthers(source, name->end);
    return std::nullopt;
  }
  RefusePartition(source, name->end, "UPDATE");
  RefuseArrayJoin(tokens, name->end);
  const size_t where = tokens.FindWord(name->end, tokens.size(), "WHERE");
  const Selection selection = ReadSelection(source, where, "UPDATE");
  if (!tokens.IsWord(name->end, "SET")) {
    throw SqlError("UPDATE needs SET after the table", "Write: UPDATE t SET a = 1 WHERE …");
  }
  const std::vector<Assignment> assignments = ReadAssignments(tokens, name->end + 1, where);
  CheckAssignments(assignments, *info);
  const NewRow row = MakeNewRow(*info, assignments);
  if (info->is_multiset) return {{UpdateMultiset(*name, row, selection)}};
  const bool key_changes = std::any_of(
      info->key.begin(), info->key.end(),
      [&](const std::string& column) { return FindAssignment(assignments, column) != nullptr; });
  if (key_changes) return {{UpdateKeys(*name, row, selection)}};
  return {{UpdateInPlace(*name, row, selection)}};
}

}  // namespace theflash::sql

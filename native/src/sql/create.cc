// CREATE TABLE … ENGINE = MutableMergeTree, and what may not be made of or onto mutable tables.
#include <algorithm>
#include <charconv>

#include "sql/table_shape.h"

namespace theflash::sql {
namespace {

// A CREATE TABLE, as indexes of its tokens; an index is size() where the part is missing.
struct CreateTable {
  TableName name;
  bool if_not_exists = false;
  bool attach = false;
  size_t columns_open;
  size_t as_table = 0;  // AS of "AS other_table"
  std::optional<TableName> other;
  size_t engine;       // its name
  size_t engine_last;  // its name, or the bracket that closes its arguments
  size_t as_query;     // AS of "AS SELECT"
};

bool BeginsQuery(const Tokens& tokens, size_t at) {
  return tokens.IsWord(at, "SELECT") || tokens.IsWord(at, "WITH") || tokens.IsSymbol(at, "(");
}

void ReadAs(const Source& source, size_t from, size_t to, CreateTable* create) {
  const Tokens& tokens = source.tokens;
  const size_t as = tokens.FindWord(from, to, "AS");
  if (as >= to) return;
  if (BeginsQuery(tokens, as + 1)) {
    create->as_query = as;
  } else {
    create->as_table = as;
    create->other = ReadTableName(source, as + 1);
  }
}

// `at` is behind TABLE. nullopt where the statement has no table name or no ENGINE.
std::optional<CreateTable> ReadCreateTable(const Source& source, size_t at) {
  const Tokens& tokens = source.tokens;
  CreateTable create{};
  if (tokens.IsWord(at, "IF") && tokens.IsWord(at + 1, "NOT") && tokens.IsWord(at + 2, "EXISTS")) {
    create.if_not_exists = true;
    at += 3;
  }
  const std::optional<TableName> name = ReadTableName(source, at);
  if (!name) return std::nullopt;
  create.name = *name;
  create.as_query = create.as_table = tokens.size();
  at = name->end;
  if (tokens.IsWord(at, "UUID")) at += 2;
  if (tokens.IsWord(at, "ON") && tokens.IsWord(at + 1, "CLUSTER")) at += 3;
  create.columns_open = tokens.IsSymbol(at, "(") ? at : tokens.size();
  const size_t engine = tokens.FindWord(at, tokens.size(), "ENGINE");
  if (engine >= tokens.size()) return std::nullopt;
  create.engine = engine + (tokens.IsSymbol(engine + 1, "=") ? 2 : 1);
  const size_t behind = create.engine + 1;
  create.engine_last = tokens.IsSymbol(behind, "(") ? tokens.Closing(behind) : create.engine;
  ReadAs(source, at, engine, &create);
  ReadAs(source, create.engine_last + 1, tokens.size(), &create);
  return create;
}

struct Arguments {
  std::vector<std::string> key;
  bool has_key = false;
  uint64_t partitions = 0;
  uint64_t granularity = 0;
};

uint64_t ReadCount(const Tokens& tokens, const Element& element, uint64_t max, const char* what) {
  const std::string_view text = tokens.TextAt(element.first);
  uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || element.first != element.last || count == 0 || count > max) {
    throw SqlError("MutableMergeTree: " + std::string(tokens.Span(element.first, element.last)) +
                       " is no " + what,
                   "Write: MutableMergeTree([partitions,] (key), 8192), or leave the arguments out "
                   "and give ORDER BY.");
  }
  return count;
}

// More would not fit into the blocks of one insert (max_partitions_per_insert_block).
constexpr uint64_t kPartitionsMax = 100;
constexpr uint64_t kGranularityMax = 1'048'576;

// MutableMergeTree, MutableMergeTree((k), 8192), MutableMergeTree(16, (k), 8192).
Arguments ReadArguments(const Tokens& tokens, const CreateTable& create) {
  Arguments arguments;
  if (create.engine_last == create.engine) return arguments;
  std::vector<Element> elements = ReadList(tokens, create.engine + 1);
  if (!elements.empty() && tokens.at(elements[0].first).kind == TokenKind::kNumber) {
    arguments.partitions =
        ReadCount(tokens, elements[0], kPartitionsMax, "partition count (1-100)");
    elements.erase(elements.begin());
  }
  if (elements.empty()) return arguments;
  size_t end = 0;
  arguments.key = ReadKey(tokens, elements[0].first, &end);
  arguments.has_key = true;
  if (elements.size() > 1) {
    arguments.granularity = ReadCount(tokens, elements[1], kGranularityMax, "index granularity");
  }
  if (elements.size() > 2) {
    throw SqlError("MutableMergeTree has too many arguments",
                   "Write: MutableMergeTree([partitions,] (key), 8192)");
  }
  return arguments;
}

std::string HiddenColumns(const std::vector<ColumnElement>& columns, bool multiset) {
  std::string text = ", " + std::string(kVersionColumn) + " UInt64 MATERIALIZED " +
                     std::string(kVersionExpression) + ", " + std::string(kDelmarkColumn) +
                     " UInt8 MATERIALIZED 0";
  const std::string constraint = ", CONSTRAINT " + std::string(kVersionConstraint) + " CHECK " +
                                 std::string(kVersionColumn) + " > 0";
  if (!multiset) return text + constraint;
  std::vector<std::string> names;
  for (const ColumnElement& column : columns) {
    if (column.is_insertable) names.push_back(QuoteName(column.name));
  }
  return text + ", " + std::string(kRowHashColumn) + " UInt128 MATERIALIZED " + RowHash(names) +
         ", " + std::string(kRowIndexColumn) + " UInt64 MATERIALIZED " +
         std::string(kVersionColumn) + " + rowNumberInAllBlocks()" + constraint;
}

std::string JoinNames(const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ", ") + QuoteName(name);
  return joined;
}

void CheckKey(const std::vector<std::string>& key, const std::vector<ColumnElement>& columns) {
  for (const std::string& name : key) {
    const auto found =
        std::find_if(columns.begin(), columns.end(),
                     [&](const ColumnElement& column) { return column.name == name; });
    if (found != columns.end() && found->is_insertable) continue;
    throw SqlError(
        "The key column " + name + (found == columns.end() ? " is not declared" : " is computed"),
        "A key is made of columns that every INSERT gives.");
  }
}

// A row must never change its partition: a cleanup of one partition alone would then bring an older
// version in another one back.
void CheckPartition(const Tokens& tokens, size_t partition, size_t end,
                    const std::vector<std::string>& key) {
  constexpr std::string_view kClauses[] = {"ORDER",    "PRIMARY", "SAMPLE", "TTL",
                                           "SETTINGS", "COMMENT", "AS",     "EMPTY"};
  for (size_t at = partition + 2; at < end; ++at) {
    const bool clause = std::any_of(std::begin(kClauses), std::end(kClauses),
                                    [&](std::string_view word) { return tokens.IsWord(at, word); });
    if (clause) return;
    if (!tokens.IsName(at) || tokens.IsSymbol(at + 1, "(")) continue;
    if (std::find(key.begin(), key.end(), tokens.Name(at)) != key.end()) continue;
    throw SqlError("PARTITION BY of a mutable table may use key columns only, and " +
                       tokens.Name(at) + " is none",
                   "Add it to the ORDER BY, or leave PARTITION BY out.");
  }
}

class MutableTable {
 public:
  MutableTable(const Source& source, const CreateTable& create)
      : source_(source), tokens_(source.tokens), create_(create) {}

  std::vector<Statement> Rewrite() {
    ReadShape();
    RefuseTtl(tokens_, create_.name.end);
    EditColumns();
    EditEngine();
    const bool empty = tokens_.IsWord(create_.as_query - 1, "EMPTY");
    if (create_.as_query < tokens_.size()) {
      const size_t cut = empty ? create_.as_query - 1 : create_.as_query;
      edits_.Replace(tokens_.at(cut).begin, source_.text.size(), SqlText());
    }
    if (create_.as_query < tokens_.size() && !empty && !Exists()) return {MakeFilled()};
    return {MakeStatement(edits_.Apply(source_.text), Effect::kDdl, create_.name)};
  }

 private:
  bool Exists() const {
    return create_.if_not_exists &&
           source_.catalog.Find(create_.name.database, create_.name.table).has_value();
  }

  void ReadShape() {
    arguments_ = ReadArguments(tokens_, create_);
    tail_end_ = std::min(create_.as_query, create_.as_table);
    if (tail_end_ < create_.engine) tail_end_ = create_.as_query;
    order_ = FindWords(tokens_, create_.engine_last + 1, tail_end_, "ORDER", "BY");
    const bool ordered = order_ < tail_end_;
    if (ordered && arguments_.has_key) {
      throw SqlError("The key of " + create_.name.table + " is given twice",
                     "Leave out either the arguments of MutableMergeTree or ORDER BY.");
    }
    size_t end = 0;
    if (ordered) {
      key_ = ReadKey(tokens_, order_ + 2, &end);
      order_end_ = end;
    } else if (arguments_.has_key) {
      key_ = arguments_.key;
    } else {
      ReadPrimaryKey();
    }
    if (create_.columns_open < tokens_.size()) {
      columns_ = ReadColumns(tokens_, create_.columns_open);
    } else {
      ReadOther();
    }
    const bool stores = std::any_of(columns_.begin(), columns_.end(),
                                    [](const ColumnElement& each) { return each.is_insertable; });
    if (!stores) {
      throw SqlError("The table " + create_.name.table + " has no columns",
                     "Write: CREATE TABLE t (k Int64, …) ENGINE = MutableMergeTree ORDER BY k");
    }
    CheckKey(key_, columns_);
    const size_t partition =
        FindWords(tokens_, create_.engine_last + 1, tail_end_, "PARTITION", "BY");
    if (partition < tail_end_) CheckPartition(tokens_, partition, tail_end_, key_);
  }

  void ReadPrimaryKey() {
    const size_t primary = FindWords(tokens_, create_.engine_last + 1, tail_end_, "PRIMARY", "KEY");
    if (primary >= tail_end_) {
      throw SqlError("The table " + create_.name.table + " has no key",
                     "Add ORDER BY (key columns), or ORDER BY tuple() for a table without a key.");
    }
    size_t end = 0;
    key_ = ReadKey(tokens_, primary + 2, &end);
  }

  void ReadOther() {
    if (!create_.other) {
      throw SqlError(
          "CREATE TABLE " + create_.name.table + ": a MutableMergeTree needs a column list",
          "Write the columns and their types before ENGINE, also with AS SELECT.");
    }
    const auto info = source_.catalog.Find(create_.other->database, create_.other->table);
    if (!info) {
      throw SqlError("There is no table " + create_.other->database + "." + create_.other->table,
                     "Name an existing table after AS.");
    }
    other_columns_ = VisibleColumnList(info->create_query);
    for (const Column& column : info->columns) {
      columns_.push_back({column.name, IsInsertable(column)});
    }
  }

  void EditColumns() {
    const std::string hidden = HiddenColumns(columns_, key_.empty());
    if (create_.columns_open < tokens_.size()) {
      edits_.Insert(tokens_.at(tokens_.Closing(create_.columns_open)).begin, hidden);
      return;
    }
    other_columns_.insert(other_columns_.size() - 1, hidden);
    edits_.Replace(tokens_.at(create_.as_table).begin, tokens_.at(create_.other->end - 1).end,
                   create_.as_table < create_.engine ? SqlText(other_columns_) : SqlText());
    if (create_.as_table > create_.engine) {
      edits_.Insert(tokens_.at(create_.name.end - 1).end, SqlText(" ").Add(other_columns_));
    }
  }

  void EditEngine() {
    SqlText engine("ReplacingMergeTree(");
    engine.Add(kVersionColumn).Add(", ").Add(kDelmarkColumn).Add(")");
    if (arguments_.partitions > 0 && !key_.empty()) {
      engine.Add(" PARTITION BY sipHash64(" + JoinNames(key_) + ") % " +
                 std::to_string(arguments_.partitions));
    }
    const std::string row_key =
        "(" + std::string(kRowHashColumn) + ", " + std::string(kRowIndexColumn) + ")";
    const std::string names = JoinNames(key_);
    const std::string key = key_.empty() ? row_key : key_.size() == 1 ? names : "(" + names + ")";
    if (order_ >= tail_end_) {
      engine.Add(" ORDER BY " + key);
    } else if (key_.empty()) {
      edits_.Replace(tokens_.at(order_ + 2).begin, tokens_.at(order_end_ - 1).end, row_key);
    }
    EditGranularity(&engine);
    edits_.Replace(tokens_.at(create_.engine).begin, tokens_.at(create_.engine_last).end,
                   std::move(engine));
  }

  void EditGranularity(SqlText* engine) {
    if (arguments_.granularity == 0) return;
    const std::string setting = "index_granularity = " + std::to_string(arguments_.granularity);
    const size_t settings = FindSettings(tokens_, create_.engine_last + 1, tail_end_);
    if (settings < tail_end_) {
      edits_.Insert(tokens_.at(settings).end, SqlText(" ").Add(setting).Add(","));
    } else {
      engine->Add(" SETTINGS " + setting);
    }
  }

  // CREATE … AS SELECT is a CREATE and an INSERT, so that the rows get a version.
  Statement MakeFilled() {
    Statement statement = MakeFill();
    edits_.Replace(0, tokens_.at(create_.name.end - 1).end, SqlText());
    statement.create = edits_.Apply(source_.text).text();
    statement.replaces = tokens_.IsWord(1, "OR") || tokens_.IsWord(0, "REPLACE");
    return statement;
  }

  Statement MakeFill() const {
    SqlText text("INSERT INTO ");
    text.AddTarget(create_.name.text).Add(" SETTINGS ").Add(VersionSetting());
    if (key_.empty()) text.Add(", ").Add(kInsertThreadsSetting).Add(" = 1");
    text.Add(" ");
    text.Add(tokens_.Span(create_.as_query + 1, tokens_.size() - 1));
    Statement statement = MakeStatement(text, Effect::kWriteMutable, create_.name);
    statement.many_parts = true;
    statement.versions = 1;
    statement.version_per_row = key_.empty();
    return statement;
  }

  const Source& source_;
  const Tokens& tokens_;
  const CreateTable& create_;
  Arguments arguments_;
  std::vector<std::string> key_;
  std::vector<ColumnElement> columns_;
  std::string other_columns_;
  size_t tail_end_ = 0;
  size_t order_ = 0;
  size_t order_end_ = 0;
  Edits edits_;
};

// A plain table after the model of a mutable one gets its visible columns only.
Rewritten CopyVisibleColumns(const Source& source, const CreateTable& create) {
  const Tokens& tokens = source.tokens;
  if (!create.other || create.columns_open < tokens.size()) return std::nullopt;
  const std::optional<TableInfo> info = FindMutable(source, *create.other);
  if (!info || create.as_table > create.engine) return std::nullopt;
  Edits edits;
  edits.Replace(tokens.at(create.as_table).begin, tokens.at(create.other->end - 1).end,
                VisibleColumnList(info->create_query));
  return {{MakeStatement(edits.Apply(source.text), Effect::kDdl, create.name)}};
}

// Rows reach a mutable table by batches and tombstones, neither of which a materialized view sees
// as its user means it, and what a view writes would carry no version.
void RefuseMaterializedView(const Source& source) {
  const Tokens& tokens = source.tokens;
  for (size_t at = 0; at < tokens.size(); ++at) {
    const bool reads = tokens.IsWord(at, "FROM") || tokens.IsWord(at, "JOIN");
    const bool writes = tokens.IsWord(at, "TO");
    const bool is_engine = tokens.IsWord(at, kMutableEngine);
    const std::optional<TableName> name =
        reads || writes ? ReadTableName(source, at + 1) : std::nullopt;
    if (!is_engine && !(name && FindMutable(source, *name))) continue;
    throw SqlError("A materialized view can't read or write a mutable table",
                   "Use a plain view, or INSERT … SELECT on a schedule.");
  }
}

// Their rows reach another table past the SQL layer, and so without a version.
void RefuseForwarding(const Tokens& tokens) {
  const size_t engine = tokens.FindWord(1, tokens.size(), "ENGINE");
  const size_t name = engine + (tokens.IsSymbol(engine + 1, "=") ? 2 : 1);
  if (!BeginsWithAny(tokens, name, {"Buffer", "Alias"})) return;
  throw SqlError("ENGINE = " + std::string(tokens.TextAt(name)) +
                     " writes past the versions of mutable tables",
                 "Insert into the table itself; for another name of it make a view.");
}

}  // namespace

Rewritten RewriteCreate(const Source& source) {
  const Tokens& tokens = source.tokens;
  size_t at = 1;
  if (tokens.IsWord(at, "OR") && tokens.IsWord(at + 1, "REPLACE")) at += 2;
  if (tokens.IsWord(at, "MATERIALIZED")) RefuseMaterializedView(source);
  RefuseForwarding(tokens);
  if (!tokens.IsWord(at, "TABLE")) return std::nullopt;
  const std::optional<CreateTable> create = ReadCreateTable(source, at + 1);
  if (!create || create->engine >= tokens.size()) return std::nullopt;
  if (tokens.TextAt(create->engine) != kMutableEngine) return CopyVisibleColumns(source, *create);
  if (create->engine_last >= tokens.size() ||
      (create->columns_open < tokens.size() &&
       tokens.Closing(create->columns_open) >= create->engine)) {
    throw SqlError("CREATE TABLE " + create->name.table + ": a bracket does not end",
                   "Close the column list and the engine's arguments.");
  }
  if (tokens.IsWord(0, "ATTACH")) {
    throw SqlError("ATTACH TABLE can't make a MutableMergeTree", "Use CREATE TABLE.");
  }
  return MutableTable(source, *create).Rewrite();
}

}  // namespace theflash::sql

#include "query/cloned_read.h"

#include <algorithm>
#include <map>
#include <optional>

#include "sql/quote.h"
#include "sql/split.h"
#include "store/engine_catalog.h"

namespace theflash {
namespace {

using sql::TablePath;
using sql::TableRead;

// Each clone costs some milliseconds while commits wait.
constexpr size_t kClonesMax = 32;
// Views that read views.
constexpr size_t kViewDepthMax = 8;

// Engines whose tables no batch writes, and which read no other table.
constexpr std::string_view kStandingAlone[] = {
    "Memory", "Log", "TinyLog", "StripeLog", "Join", "Set", "Dictionary", "Null", "GenerateRandom"};

// Table functions that read no table but what they hold in themselves.
constexpr std::string_view kSelfContained[] = {"numbers",  "numbers_mt",     "zeros",
                                               "zeros_mt", "generateSeries", "generate_series",
                                               "values",   "format",         "view"};

template <typename List>
bool Holds(const List& list, std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

// What a table is.
struct Known {
  std::string engine;
  std::string create_query;
  std::string as_select;  // of a view
};

// Thrown where no clones can stand for what a query reads; never seen outside.
struct NotClonable {};

// Finds out what a query reads, and makes clones for it.
class Cloner {
 public:
  Cloner(Engine& engine, Connection& connection, std::string database,
         std::vector<std::string>* clones)
      : engine_(engine),
        connection_(connection),
        default_database_(std::move(database)),
        clones_(clones) {}

  // Gives the query over clones.
  std::string Clone(std::string_view query, size_t depth = 0) {
    if (depth == 0) RefuseFunctionsThatRead();
    EngineCatalog catalog(&connection_, &engine_.pool(), &engine_.prints());
    const std::string text = catalog.Print(query);
    const sql::Tokens tokens(text);
    if (sql::ReadsByOtherWays(tokens)) throw NotClonable();
    const std::vector<TableRead> reads = sql::FindTableReads(tokens);
    if (sql::NeedsItsPath(tokens, reads)) throw NotClonable();
    Check(text, Written(reads));
    std::vector<std::string> by;
    for (const TableRead& read : reads) by.push_back(CloneOf(read, tokens, depth));
    std::string replaced = sql::ReplaceReads(tokens, reads, by);
    Check(replaced, WrittenBy(reads, by));
    return replaced;
  }

  // The same for the query of an INSERT.
  std::string CloneInsert(std::string_view insert) {
    EngineCatalog catalog(&connection_, &engine_.pool(), &engine_.prints());
    const std::string text = catalog.Print(insert.substr(0, sql::FindData(insert)));
    const sql::Tokens tokens(text);
    const size_t name = tokens.IsWord(2, "TABLE") ? 3 : 2;
    const bool is_plain = tokens.IsWord(0, "INSERT") && tokens.IsWord(1, "INTO") &&
                          tokens.IsName(name) && !tokens.IsWord(name, "FUNCTION");
    const size_t select = std::min(tokens.FindWord(name + 1, tokens.size(), "SELECT"),
                                   tokens.FindWord(name + 1, tokens.size(), "WITH"));
    if (!is_plain || select == tokens.size()) throw NotClonable();
    const bool has_database = tokens.IsSymbol(name + 1, ".");
    FeedsNone({has_database ? tokens.Name(name) : default_database_,
               tokens.Name(has_database ? name + 2 : name)});
    const size_t begin = tokens.at(select).begin;
    return text.substr(0, begin) + Clone(std::string_view(text).substr(begin));
  }

 private:
  // A function's body comes into a query when it is planned, so no text of the query shows what it
  // reads: none of SQL may read a table. Not asked by the query's connection, as a role sees no
  // functions.
  void RefuseFunctionsThatRead() {
    const Lease owner = engine_.pool().Take();
    for (const auto& row :
         owner->Rows("SELECT create_query FROM system.functions WHERE origin = 'SQLUserDefined'")) {
      const sql::Tokens tokens(row.at(0));
      bool reads = sql::ReadsByOtherWays(tokens);
      for (size_t at = 0; at < tokens.size(); ++at) reads |= tokens.IsWord(at, "SELECT");
      if (reads) throw NotClonable();
    }
  }

  // Views that are filled from a table read others when it is written.
  void FeedsNone(const TablePath& path) {
    const auto rows =
        connection_.Rows("SELECT empty(dependencies_table) FROM system.tables WHERE database = " +
                         QuoteText(path.first) + " AND name = " + QuoteText(path.second));
    if (rows.empty() || rows[0].at(0) != "1") throw NotClonable();
  }

  static std::vector<std::string> Written(const std::vector<TableRead>& reads) {
    std::vector<std::string> written;
    for (const TableRead& read : reads) written.push_back(read.Written());
    return written;
  }

  std::vector<std::string> WrittenBy(const std::vector<TableRead>& reads,
                                     const std::vector<std::string>& by) const {
    std::vector<std::string> written;
    for (size_t index = 0; index < reads.size(); ++index) {
      written.push_back(by[index].empty() ? reads[index].Written() : plain_names_.at(by[index]));
    }
    return written;
  }

  // The engine's parser has to see these tables, all of them and no others.
  void Check(const std::string& text, std::vector<std::string> tables) {
    std::vector<std::string> lines;
    for (auto& row : connection_.Rows("EXPLAIN AST " + text)) lines.push_back(std::move(row.at(0)));
    sql::AstReads reads = sql::ReadAst(lines);
    std::sort(tables.begin(), tables.end());
    std::sort(reads.tables.begin(), reads.tables.end());
    const bool is_open =
        std::all_of(reads.table_functions.begin(), reads.table_functions.end(),
                    [](const std::string& function) { return Holds(kSelfContained, function); });
    if (reads.tables != tables || !is_open) throw NotClonable();
  }

  // Quoted, or empty where the table may be read as it is.
  std::string CloneOf(const TableRead& read, const sql::Tokens& tokens, size_t depth) {
    const TablePath path(read.database.empty() ? default_database_ : read.database, read.table);
    const std::optional<Known> known = Find(path);
    if (read.database.empty() && Holds(sql::FindCteNames(tokens), read.table)) {
      // Which of the two is meant, where both are there, depends on where it stands.
      if (known) throw NotClonable();
      return "";
    }
    // Such as the tables that came with an HTTP request; or it is not there, which the engine says.
    if (!known) {
      if (read.database.empty()) return "";
      throw NotClonable();
    }
    if (IsOwn(path.first) || Holds(kStandingAlone, known->engine)) return "";
    const auto found = clones_by_path_.find(path);
    if (found != clones_by_path_.end()) return found->second;
    return clones_by_path_[path] = MakeClone(path, *known, depth);
  }

  std::string MakeClone(const TablePath& path, const Known& known, size_t depth) {
    if (clones_->size() >= kClonesMax) throw NotClonable();
    std::string body;
    if (known.engine == "View") {
      if (depth >= kViewDepthMax) throw NotClonable();
      body = ViewOverClones(known, depth);
    } else if (!known.engine.ends_with("MergeTree")) {
      throw NotClonable();
    }
    const std::string stored = engine_.snapshots().CloneForQuery(path, body, clones_);
    std::string quoted = QuoteTable(sql::kSnapshotDatabase, stored);
    plain_names_[quoted] = std::string(sql::kSnapshotDatabase) + "." + stored;
    return quoted;
  }

  // What follows the name in CREATE VIEW. Its columns and their types stay, whatever the query in
  // it gives.
  std::string ViewOverClones(const Known& view, size_t depth) {
    const sql::Tokens tokens(view.create_query);
    const size_t select = view.create_query.size() - view.as_select.size();
    size_t name = 0;
    while (name < tokens.size() && !tokens.IsWord(name, "VIEW")) ++name;
    const bool is_whole = view.create_query.ends_with(view.as_select) &&
                          tokens.IsSymbol(name + 2, ".") && tokens.at(name + 3).end < select;
    if (!is_whole) throw NotClonable();
    const size_t from = tokens.at(name + 3).end;
    return view.create_query.substr(from, select - from) + Clone(view.as_select, depth + 1);
  }

  // Nothing of a batch is in the engine's own databases, but for snapshots, which stay as they are.
  static bool IsOwn(const std::string& database) {
    return database == "system" || database == "information_schema" ||
           database == "INFORMATION_SCHEMA" || database == sql::kSnapshotDatabase;
  }

  std::optional<Known> Find(const TablePath& path) {
    const auto rows = connection_.Rows(
        "SELECT engine, create_table_query, as_select FROM system.tables WHERE database = " +
        QuoteText(path.first) + " AND name = " + QuoteText(path.second));
    if (rows.empty()) return std::nullopt;
    return Known{rows[0].at(0), rows[0].at(1), rows[0].at(2)};
  }

  Engine& engine_;
  Connection& connection_;
  const std::string default_database_;
  std::vector<std::string>* const clones_;
  std::map<TablePath, std::string> clones_by_path_;
  std::map<std::string, std::string> plain_names_;  // of clones, by their quoted names
};

}  // namespace

template <typename Clone>
std::unique_ptr<ClonedRead> ClonedRead::MakeBy(Engine& engine, Connection& connection,
                                               const std::string& database,
                                               const std::atomic<bool>* cancelled, Clone clone) {
  std::unique_ptr<ClonedRead> read(new ClonedRead(engine));
  try {
    Cloner cloner(engine, connection, database, &read->clones_);
    read->sql_ = engine.WithVisibility([&] { return clone(cloner); }, cancelled);
  } catch (const NotClonable&) {
    return nullptr;
  } catch (const Error& error) {
    // Such as a table that is gone, or a right that is lacking: the query itself tells of it.
    if (error.status() == TF_CANCELLED) throw;
    return nullptr;
  }
  return read;
}

std::unique_ptr<ClonedRead> ClonedRead::Make(Engine& engine, Connection& connection,
                                             std::string_view query, const std::string& database,
                                             const std::atomic<bool>* cancelled) {
  return MakeBy(engine, connection, database, cancelled,
                [&](Cloner& cloner) { return cloner.Clone(query); });
}

std::unique_ptr<ClonedRead> ClonedRead::MakeInsert(Engine& engine, Connection& connection,
                                                   std::string_view insert,
                                                   const std::atomic<bool>* cancelled) {
  // Rows that come with it are read from no table.
  if (sql::FindInsertData(insert)) return nullptr;
  const std::string database = connection.Rows("SELECT currentDatabase()").at(0).at(0);
  return MakeBy(engine, connection, database, cancelled,
                [&](Cloner& cloner) { return cloner.CloneInsert(insert); });
}

ClonedRead::~ClonedRead() { engine_.snapshots().DropQuietly(clones_); }

}  // namespace theflash

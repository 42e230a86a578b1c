#include "sql/table_reads.h"

#include <algorithm>
#include <map>
#include <utility>

#include "sql/sql_text.h"
#include "sql/statement.h"

namespace theflash::sql {
namespace {

// Words that end the tables of a FROM.
bool EndsFrom(const Tokens& tokens, size_t at) {
  return BeginsWithAny(
      tokens, at,
      {"WHERE", "PREWHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "UNION", "EXCEPT",
       "INTERSECT", "SETTINGS", "WINDOW", "QUALIFY", "FORMAT", "INTO", "SELECT", "FETCH"});
}

constexpr std::string_view kTable = "TableIdentifier ";
constexpr std::string_view kFunction = "Function ";
constexpr std::string_view kTableExpression = "TableExpression";

// Follows a query from left to right; brackets have a FROM of their own.
class Follower {
 public:
  explicit Follower(const Tokens& tokens) : tokens_(tokens) {}

  std::vector<TableRead> Read() {
    for (size_t at = 0; at < tokens_.size(); ++at) at = Step(at);
    return std::move(reads_);
  }

 private:
  struct Level {
    bool in_from = false;
    bool in_array_join = false;
    bool expects_table = false;
    size_t from = 0;
  };

  // Gives the last token that it has looked at.
  size_t Step(size_t at) {
    Level& level = levels_.back();
    if (std::exchange(level.expects_table, false)) {
      if (const size_t last = TakeTable(at); last >= at) return last;
    }
    if (tokens_.IsSymbol(at, "(")) {
      levels_.emplace_back();
    } else if (tokens_.IsSymbol(at, ")")) {
      if (levels_.size() > 1) levels_.pop_back();
    } else if (tokens_.IsWord(at, "FROM")) {
      level = {.in_from = true, .expects_table = true, .from = ++froms_};
    } else if (tokens_.IsWord(at, "JOIN") && level.in_from) {
      level.in_array_join = tokens_.IsWord(at - 1, "ARRAY");
      level.expects_table = !level.in_array_join;
    } else if (tokens_.IsSymbol(at, ",")) {
      level.expects_table = level.in_from && !level.in_array_join;
    } else if (EndsFrom(tokens_, at)) {
      level = Level();
    }
    return at;
  }

  // Gives the last token of the table that begins at `at`, and less than `at` where none does.
  size_t TakeTable(size_t at) {
    if (!tokens_.IsName(at) || at == 0) return 0;
    TableRead read;
    const bool has_database = tokens_.IsSymbol(at + 1, ".") && tokens_.IsName(at + 2);
    read.first = at;
    read.last = has_database ? at + 2 : at;
    if (tokens_.IsSymbol(read.last + 1, "(")) return 0;  // a table function
    if (has_database) read.database = tokens_.Name(at);
    read.table = tokens_.Name(read.last);
    read.from = levels_.back().from;
    read.is_aliased = IsTableAlias(tokens_, read.last + 1);
    reads_.push_back(read);
    return read.last;
  }

  const Tokens& tokens_;
  std::vector<Level> levels_ = {Level()};
  std::vector<TableRead> reads_;
  size_t froms_ = 0;
};

}  // namespace

std::vector<TableRead> FindTableReads(const Tokens& tokens) { return Follower(tokens).Read(); }

std::vector<std::string> FindCteNames(const Tokens& tokens) {
  std::vector<std::string> names;
  bool has_with = false;
  for (size_t at = 1; at < tokens.size(); ++at) {
    has_with |= tokens.IsWord(at - 1, "WITH");
    const bool may_be_cte =
        has_with && tokens.IsName(at) &&
        (BeginsWithAny(tokens, at - 1, {"WITH", "RECURSIVE"}) || tokens.IsSymbol(at - 1, ","));
    if (may_be_cte) names.push_back(tokens.Name(at));
  }
  return names;
}

bool ReadsByOtherWays(const Tokens& tokens) {
  for (size_t at = 0; at < tokens.size(); ++at) {
    if (!tokens.IsName(at)) continue;
    if (tokens.IsWord(at, "IN") && at > 0) {
      size_t begin = at + 1;
      while (tokens.IsSymbol(begin, "(")) ++begin;
      const bool is_query = BeginsWithAny(tokens, begin, {"SELECT", "WITH"});
      if (tokens.IsName(begin) && !is_query && !tokens.IsSymbol(begin + 1, "(")) return true;
    }
    const std::string name = tokens.Name(at);
    if (name == "_table" || name == "_database" || name.starts_with("additional_")) return true;
  }
  return false;
}

namespace {

// `*` and COLUMNS name what two tables have by the path of a table without an alias.
bool ListsColumns(const Tokens& tokens) {
  for (size_t at = 1; at < tokens.size(); ++at) {
    const bool is_star =
        tokens.IsSymbol(at, "*") && (tokens.IsSymbol(at - 1, ",") || tokens.IsSymbol(at - 1, ".") ||
                                     BeginsWithAny(tokens, at - 1, {"SELECT", "DISTINCT"}));
    if (is_star || tokens.IsWord(at, "COLUMNS")) return true;
  }
  return false;
}

}  // namespace

bool NeedsItsPath(const Tokens& tokens, const std::vector<TableRead>& reads) {
  const bool lists_columns = ListsColumns(tokens);
  std::vector<bool> is_read(tokens.size(), false);
  std::map<std::pair<size_t, std::string>, std::string> databases;  // of tables without an alias
  for (const TableRead& read : reads) {
    std::fill(is_read.begin() + static_cast<ptrdiff_t>(read.first),
              is_read.begin() + static_cast<ptrdiff_t>(read.last) + 1, true);
    if (read.is_aliased) continue;
    if (lists_columns && std::any_of(reads.begin(), reads.end(), [&](const TableRead& other) {
          return other.from == read.from && other.first != read.first;
        })) {
      return true;
    }
    const auto [found, is_new] = databases.try_emplace({read.from, read.table}, read.database);
    if (!is_new && found->second != read.database) return true;
  }
  // A column may be called by its table's own name, beside an alias too; a clone has the alias
  // alone.
  const auto loses_name = [&](const TableRead& read) {
    const bool keeps_it = tokens.IsWord(read.last + 1, "AS") && tokens.IsName(read.last + 2) &&
                          tokens.Name(read.last + 2) == read.table;
    return read.is_aliased && !keeps_it;
  };
  for (size_t at = 0; at + 1 < tokens.size(); ++at) {
    if (is_read[at] || !tokens.IsName(at) || !tokens.IsSymbol(at + 1, ".")) continue;
    if (std::any_of(reads.begin(), reads.end(), [&](const TableRead& read) {
          return loses_name(read) && read.table == tokens.Name(at);
        })) {
      return true;
    }
  }
  for (size_t at = 0; at + 4 < tokens.size(); ++at) {
    const bool is_path = !is_read[at] && tokens.IsName(at) && tokens.IsSymbol(at + 1, ".") &&
                         tokens.IsName(at + 2) && tokens.IsSymbol(at + 3, ".");
    if (!is_path) continue;
    if (std::any_of(reads.begin(), reads.end(), [&](const TableRead& read) {
          return read.database == tokens.Name(at) && read.table == tokens.Name(at + 2);
        })) {
      return true;
    }
  }
  return false;
}

std::string ReplaceReads(const Tokens& tokens, const std::vector<TableRead>& reads,
                         const std::vector<std::string>& by) {
  Edits edits;
  for (size_t index = 0; index < reads.size(); ++index) {
    const TableRead& read = reads[index];
    if (by[index].empty()) continue;
    SqlText text(by[index]);
    if (!read.is_aliased) text.Add(" AS ").Add(QuoteName(read.table));
    edits.Replace(tokens.at(read.first).begin, tokens.at(read.last).end, std::move(text));
  }
  return edits.Apply(tokens.text()).text();
}

AstReads ReadAst(const std::vector<std::string>& lines) {
  AstReads reads;
  bool is_table = false;
  for (const std::string& line : lines) {
    std::string_view text(line);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const bool was_table = std::exchange(is_table, text.starts_with(kTableExpression));
    // " (alias x)" and " (children 1)" may follow a name.
    const auto name_after = [&](std::string_view begin) {
      const std::string_view rest = text.substr(begin.size());
      return std::string(rest.substr(0, rest.find(" (")));
    };
    if (text.starts_with(kTable)) {
      reads.tables.push_back(name_after(kTable));
    } else if (was_table && text.starts_with(kFunction)) {
      reads.table_functions.push_back(name_after(kFunction));
    }
  }
  return reads;
}

}  // namespace theflash::sql

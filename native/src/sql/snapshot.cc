// Snapshots: the statements that make and drop them, and AT SNAPSHOT after a table in a query.
#include <algorithm>
#include <charconv>

#include "sql/statement.h"

namespace theflash::sql {
namespace {

constexpr uint64_t kExpiresInSecondsMax = 10ULL * 365 * 24 * 3600;

// Reads one statement about snapshots from left to right.
class SnapshotParser {
 public:
  SnapshotParser(const Source& source, size_t at)
      : source_(source), tokens_(source.tokens), at_(at) {}

  SnapshotChange Read(SnapshotChange::Kind kind) {
    change_.kind = kind;
    if (kind == SnapshotChange::Kind::kDrop && Take("IF")) {
      Need("EXISTS");
      change_.if_exists = true;
    }
    if (!tokens_.IsName(at_)) Refuse("needs a name");
    change_.name = tokens_.Name(at_++);
    if (kind == SnapshotChange::Kind::kCreate) ReadTables();
    if (kind == SnapshotChange::Kind::kExtend ||
        (kind == SnapshotChange::Kind::kCreate && tokens_.IsWord(at_, "EXPIRES"))) {
      ReadExpiry();
    }
    if (at_ != tokens_.size()) Refuse("has more after its end");
    return std::move(change_);
  }

 private:
  void ReadTables() {
    Need("OF");
    do {
      const std::optional<TableName> name = ReadTableName(source_, at_);
      if (!name) Refuse("needs the names of tables after OF");
      std::pair<std::string, std::string> table(name->database, name->table);
      const auto& known = change_.tables;
      if (std::find(known.begin(), known.end(), table) != known.end()) {
        Refuse("names " + table.first + "." + table.second + " twice");
      }
      change_.tables.push_back(std::move(table));
      at_ = name->end;
    } while (TakeComma());
  }

  void ReadExpiry() {
    Need("EXPIRES");
    Need("IN");
    const std::string_view text = tokens_.TextAt(at_);
    uint64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    if (!whole || seconds == 0 || seconds > kExpiresInSecondsMax) {
      Refuse("needs a whole number of seconds, 1 to " + std::to_string(kExpiresInSecondsMax));
    }
    ++at_;
    if (!Take("SECOND")) Need("SECONDS");
    change_.expires_in_seconds = seconds;
  }

  bool Take(std::string_view word) {
    if (!tokens_.IsWord(at_, word)) return false;
    ++at_;
    return true;
  }

  bool TakeComma() {
    if (!tokens_.IsSymbol(at_, ",")) return false;
    ++at_;
    return true;
  }

  void Need(std::string_view word) {
    if (!Take(word)) Refuse("lacks the word " + std::string(word));
  }

  [[noreturn]] void Refuse(const std::string& what) const {
    throw SqlError(std::string(tokens_.Span(0, 1)) + " " + what,
                   "Write: CREATE SNAPSHOT s OF db.t, db.u [EXPIRES IN 3600 SECONDS], ALTER "
                   "SNAPSHOT s EXPIRES IN 3600 SECONDS, or DROP SNAPSHOT [IF EXISTS] s.");
  }

  const Source& source_;
  const Tokens& tokens_;
  size_t at_;
  SnapshotChange change_;
};

// Index of the first token of the table name that ends before `at`; nullopt where there is
// none.
std::optional<size_t> BeginOfName(const Tokens& tokens, size_t at) {
  if (at == 0 || !tokens.IsName(at - 1)) return std::nullopt;
  if (at >= 3 && tokens.IsSymbol(at - 2, ".") && tokens.IsName(at - 3)) return at - 3;
  return at - 1;
}

}  // namespace

std::optional<std::string> ResolveSnapshots(const Source& source) {
  const Tokens& tokens = source.tokens;
  Edits edits;
  bool found = false;
  for (size_t at = 1; at + 2 < tokens.size(); ++at) {
    if (!tokens.IsWord(at, "AT") || !tokens.IsWord(at + 1, "SNAPSHOT")) continue;
    const std::optional<size_t> begin = BeginOfName(tokens, at);
    if (!begin || !tokens.IsName(at + 2)) continue;
    const std::optional<TableName> name = ReadTableName(source, *begin);
    const std::string stored =
        source.catalog.FindInSnapshot(tokens.Name(at + 2), name->database, name->table);
    SqlText table(QuoteName(kSnapshotDatabase) + "." + QuoteName(stored));
    if (!IsTableAlias(tokens, at + 3)) table.Add(" AS ").Add(QuoteName(name->table));
    edits.Replace(tokens.at(*begin).begin, tokens.at(at + 2).end, std::move(table));
    found = true;
  }
  if (!found) return std::nullopt;
  return edits.Apply(source.text).text();
}

Rewritten RewriteSnapshot(const Source& source) {
  const Tokens& tokens = source.tokens;
  if (!tokens.IsWord(1, "SNAPSHOT")) return std::nullopt;
  using Kind = SnapshotChange::Kind;
  const auto kind = tokens.IsWord(0, "CREATE")  ? std::optional(Kind::kCreate)
                    : tokens.IsWord(0, "ALTER") ? std::optional(Kind::kExtend)
                    : tokens.IsWord(0, "DROP")  ? std::optional(Kind::kDrop)
                                                : std::nullopt;
  if (!kind) return std::nullopt;
  Statement statement;
  statement.effect = Effect::kSnapshot;
  statement.snapshot = SnapshotParser(source, 2).Read(*kind);
  return {{std::move(statement)}};
}

Rewritten RewriteShowSnapshots(const Source& source) {
  const Tokens& tokens = source.tokens;
  if (!tokens.IsWord(1, "SNAPSHOTS") || tokens.size() != 2) return std::nullopt;
  Statement statement;
  statement.sql =
      "SELECT name, tables, created_at, expires_at FROM theflash.snapshots"
      " WHERE expires_at > now64(3) ORDER BY created_at, name";
  statement.effect = Effect::kRead;
  statement.returns_rows = true;
  return {{std::move(statement)}};
}

// The tables of a snapshot stay as they are, and staged rows are a batch's alone.
namespace {

constexpr std::string_view kOwnTables[] = {"change_feeds", "checkpoints", "snapshots", "versions"};

// Whether the name at `index`, where a database may stand, is one that SQL must leave alone. Of
// theflash that is the database itself, and the tables that ch.so keeps in it: `theflash write` has
// tables of its own there, which it changes by SQL.
bool IsOwnDatabase(const Tokens& tokens, size_t index) {
  const std::string name = tokens.Name(index);
  if (name == "system" || name == "information_schema" || name == "INFORMATION_SCHEMA") {
    return !tokens.IsWord(0, "BACKUP");
  }
  if (name == kSnapshotDatabase || name == kStagingDatabase) return true;
  if (name != kOwnDatabase) return false;
  // Reading is all that a backup does, and CREATE DATABASE IF NOT EXISTS makes sure of it.
  if (!tokens.IsSymbol(index + 1, ".")) {
    return !tokens.IsWord(0, "BACKUP") && !tokens.IsWord(0, "CREATE");
  }
  const std::string table = tokens.Name(index + 2);
  const auto is_table = [&](std::string_view own) { return own == table; };
  return std::any_of(std::begin(kOwnTables), std::end(kOwnTables), is_table) &&
         !tokens.IsWord(0, "BACKUP") && !tokens.IsWord(0, "OPTIMIZE");
}

}  // namespace

void RefuseOwnDatabases(const Source& source) {
  const Tokens& tokens = source.tokens;
  for (size_t index = 1; index < tokens.size(); ++index) {
    const bool is_source = tokens.IsWord(index, "AS") && !tokens.IsWord(0, "RESTORE");
    if (tokens.IsWord(index, "SELECT") || is_source) return;
    if (!tokens.IsName(index)) continue;
    const std::string name = tokens.Name(index);
    const bool is_database = tokens.IsSymbol(index + 1, ".") ||
                             tokens.IsWord(index - 1, "DATABASE") ||
                             tokens.IsWord(index - 1, "EXISTS") || tokens.IsWord(index - 1, "FROM");
    if (!is_database || !IsOwnDatabase(tokens, index)) continue;
    throw SqlError(
        "The database " + name + " is the engine's own and can only be read",
        "Make databases of your own. Snapshots are made by CREATE SNAPSHOT and dropped by "
        "DROP SNAPSHOT.");
  }
}

}  // namespace theflash::sql

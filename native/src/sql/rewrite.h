// The SQL layer's interface: TheFlash's verbs and mutable tables, turned into ClickHouse's SQL.
//
// How the engine runs a text:
//   for (std::string_view part : Split(text))                 // cheap, knows strings and comments
//     for (const Statement& s : Rewrite(part, catalog, options))
//       run s, reserving s.versions versions first and filling them in with s.Fill(first)
// A part is rewritten just before it runs, because the statements before it may have made its
// table.
//
// One reading. What a statement is, which tables it names and what it sets is looked for in the
// text that ClickHouse's own parser prints (Catalog::Print), never in the text as it was given: so
// no way of writing hides anything. Our own words are put in terms that it parses first.
//
// Snapshots. `FROM db.t AT SNAPSHOT s` reads a table as the snapshot s keeps it:
//   CREATE SNAPSHOT s OF db.t, db.u [EXPIRES IN n SECONDS]
//   ALTER SNAPSHOT s EXPIRES IN n SECONDS
//   DROP SNAPSHOT [IF EXISTS] s
//   SHOW SNAPSHOTS
//
// Versions. A mutable table computes `_INTERNAL_VERSION` itself from the setting `query_cache_tag`
// of the statement that writes (the engine knows no settings of our own, and this one, a text, has
// no effect on a write), so that any INSERT form keeps its data byte for byte. All rows of a
// statement have one version, and of equal keys in it the last row wins, as ReplacingMergeTree
// keeps the last inserted of equal versions. A write must hold the engine's write lock from before
// its version is reserved until it is done.
#ifndef THEFLASH_SQL_REWRITE_H_
#define THEFLASH_SQL_REWRITE_H_

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace theflash::sql {

// The names of hidden columns begin so, and no others do.
inline constexpr std::string_view kHiddenPrefix = "_INTERNAL_";
inline constexpr std::string_view kVersionColumn = "_INTERNAL_VERSION";
inline constexpr std::string_view kDelmarkColumn = "_INTERNAL_DELMARK";
inline constexpr std::string_view kVersionSetting = "query_cache_tag";
// The value of kVersionSetting with which system.columns leaves the hidden columns out: reads need
// no version, and no statement may set it.
inline constexpr std::string_view kShownColumns = "shown columns";

// How a row that is written by SQL comes to its version, as system.columns shows it; see above.
inline constexpr std::string_view kVersionExpression =
    "toUInt64OrZero(getSetting('query_cache_tag'))";
// The constraint by which a mutable table itself refuses rows that got no version, whatever way
// they came. Tables that an older build made lack it.
inline constexpr std::string_view kVersionConstraint = "_INTERNAL_VERSIONED";
// Only in tables without a key (multisets): a hash of all visible columns, and a number that tells
// equal rows apart. The index of a row that is inserted by SQL is its version plus its row number.
inline constexpr std::string_view kRowHashColumn = "_INTERNAL_ROW_HASH";
inline constexpr std::string_view kRowIndexColumn = "_INTERNAL_ROW_INDEX";

// Databases of the engine's own, which no statement of a user may change.
inline constexpr std::string_view kStagingDatabase = "theflash_staging";
inline constexpr std::string_view kSnapshotDatabase = "theflash_snapshots";
inline constexpr std::string_view kOwnDatabase = "theflash";

// The statement can't be run: mapped to TF_INVALID. what() says what and where, hint() what to do.
class SqlError : public std::runtime_error {
 public:
  SqlError(const std::string& message, std::string hint)
      : std::runtime_error(message), hint_(std::move(hint)) {}
  const std::string& hint() const noexcept { return hint_; }

 private:
  std::string hint_;
};

// The statement asks for what its role has no right to: mapped to TF_DENIED.
class RightsError : public SqlError {
 public:
  explicit RightsError(const std::string& message) : SqlError(message, "") {}
};

// What holds for a statement that runs with the rights of a role, beside the engine's own grants.
struct RoleRules {
  const std::vector<std::string>* table_functions;     // all that the engine has
  const std::vector<std::string>* open_system_tables;  // of the others nothing may be read
};

struct Column {
  std::string name;
  std::string type;          // as system.columns.type gives it
  std::string default_kind;  // "", "DEFAULT", "MATERIALIZED", "ALIAS" or "EPHEMERAL"
};

struct TableInfo {
  bool is_mutable = false;
  bool is_multiset = false;
  bool is_partitioned = false;   // mutable tables only
  std::vector<Column> columns;   // without the hidden ones, in table order
  std::vector<std::string> key;  // column names of the key; empty for a multiset and plain tables
  std::string create_query;      // as system.tables.create_table_query gives it
};

// Makes a TableInfo of what the system tables say; tells mutable tables by their hidden columns.
// `columns` are those of system.columns in order of position, the hidden ones included;
// `engine` and `create_query` those of system.tables.
TableInfo DescribeTable(std::string_view engine, std::string_view create_query,
                        std::vector<Column> columns);

// What the rewriter asks the engine. An implementation may query system.tables and system.columns
// at each call; a statement asks for at most a handful of tables.
class Catalog {
 public:
  virtual ~Catalog() = default;
  // Names are unquoted; `database` is never empty.
  virtual std::optional<TableInfo> Find(const std::string& database, const std::string& table) = 0;

  // A statement, without the data of an INSERT, in one line as the engine's own parser reads it.
  // Throws what the engine says where it is no statement, or more than one.
  virtual std::string Print(std::string_view statement) = 0;

  // The table of kSnapshotDatabase that holds `database`.`table` as the snapshot keeps it. Throws
  // what says that there is no such snapshot, or that it does not hold the table.
  virtual std::string FindInSnapshot(const std::string& snapshot, const std::string& database,
                                     const std::string& table) = 0;

  // Whether one of these is a table that the role of the connection does not see.
  virtual bool NamesHidden(const std::vector<std::pair<std::string, std::string>>& tables) {
    static_cast<void>(tables);
    return false;
  }
};

struct Options {
  std::string default_database = "default";
  bool allow_external = false;  // INTO OUTFILE is refused without it
  // A FORMAT clause of what gives rows is taken out of the text and told apart, not refused.
  bool takes_format = false;
  // Outside of the engine folder, for BACKUP and RESTORE, and for file() where a sandbox holds it
  // to them: `reads_files`. Absolute, without a slash at the end.
  std::vector<std::string> folders;
  bool reads_files = false;
  // Settings that the engine's constraints hold, in order; NULL where there are none.
  const std::vector<std::string>* const_settings = nullptr;
  // NULL where the statement has all rights.
  const RoleRules* role = nullptr;
};

enum class Effect {
  kRead,          // gives rows, changes nothing: take the snapshot lock only
  kWriteMutable,  // writes rows of a mutable table: take the write lock, reserve versions
  kDdl,           // changes tables or drops rows: take the write lock
  kSnapshot,      // `snapshot` says what to do; `sql` is empty
  kInsert,        // writes rows of a plain table, and may read others
  kRestore,       // RESTORE, which brings versions of its own
  kOther,         // all else (SYSTEM, KILL …)
};

// CREATE, ALTER and DROP SNAPSHOT, which the engine carries out itself.
struct SnapshotChange {
  enum class Kind { kCreate, kExtend, kDrop };
  Kind kind = Kind::kCreate;
  std::string name;
  std::vector<std::pair<std::string, std::string>> tables;  // database and table; kCreate only
  std::optional<uint64_t> expires_in_seconds;               // not for kDrop
  bool if_exists = false;
};

struct Statement {
  std::string sql;  // with a placeholder of no meaning where `version_slots` say
  Effect effect = Effect::kOther;
  bool returns_rows = false;
  std::string format;    // that the text asked for; see Options::takes_format
  std::string database;  // table that is written or changed, unquoted; empty where there is none
  std::string table;
  // kDdl only: rows of the table (of all tables, where none is named) may go or change without a
  // version of their own. Who follows its changes then has to begin anew.
  bool cuts_changes = false;
  // kDdl only: gives the names of tables to others, or takes them away, in a moment.
  bool moves_names = false;
  // How many versions to reserve before Fill: 0, 1 or 2. `version_per_row` asks for one more for
  // each row written, which is known only afterwards: the counter must then be moved past
  // first + rows written + 2 before the write lock is given back.
  uint64_t versions = 0;
  bool version_per_row = false;
  // CREATE TABLE … AS SELECT: what follows the name of the table that is made for the rows, and
  // whether it takes the place of one that is there.
  std::string create;
  bool replaces = false;
  // The statement carries versions of the caller (IMPORT): the counter must be moved past the
  // highest of them before the rows can be seen.
  bool imports_versions = false;

  struct VersionSlot {
    size_t offset;    // in `sql`, rising
    uint64_t addend;  // the slot holds first version + addend
  };
  std::vector<VersionSlot> version_slots;

  // Where the name of the table that a kWriteMutable statement writes stands in `sql`.
  size_t target_begin = 0;
  size_t target_end = 0;
  // The rows may end up in several parts of the table, one after the other: they come from a query,
  // or the table has partitions.
  bool many_parts = false;

  std::optional<SnapshotChange> snapshot;

  // The SQL to run, with the reserved versions from `first_version` on filled in, and with `target`
  // (quoted, where it is not empty) for the name of the table that is written.
  std::string Fill(uint64_t first_version, std::string_view target = "") const;
};

// Cuts a text into its statements, without the semicolons and without empty ones. The data after
// INSERT … FORMAT <name> (all but Values) reaches to the end of the text. Views into `text`.
// Errors: SqlError for a string, comment, identifier or heredoc that does not end.
std::vector<std::string_view> Split(std::string_view text);

// Whether a statement of Split gives rows and changes nothing, by its first words.
// Errors: as Split.
bool IsRead(std::string_view statement);

// Gives what to run for one statement of Split: itself byte for byte where it uses nothing of ours,
// and else what is made of the engine's own print of it.
// Errors: SqlError.
std::vector<Statement> Rewrite(std::string_view statement, Catalog& catalog,
                               const Options& options);

}  // namespace theflash::sql

#endif  // THEFLASH_SQL_REWRITE_H_

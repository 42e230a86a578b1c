// What would reach outside of the engine folder and is no matter of grants: ClickHouse embedded in
// a process takes its user for the owner of the machine.
#include <algorithm>
#include <cctype>

#include "sql/split.h"
#include "sql/statement.h"

namespace theflash::sql {
namespace {

// The function file() gives any file that the process may read. (The table function of that name
// asks for a grant, but it is not worth telling them apart.)
constexpr std::string_view kFile = "file";

bool BeginsWith(const Tokens& tokens, size_t index, std::string_view prefix) {
  if (!tokens.IsName(index)) return false;
  const std::string name = tokens.Name(index);
  return name.size() >= prefix.size() &&
         EqualsIgnoringCase(std::string_view(name).substr(0, prefix.size()), prefix);
}

// Whether the name at `index` stands where ClickHouse looks for a function: before a bracket,
// after APPLY, or as the first argument of a function that takes a function.
bool IsFunction(const Tokens& tokens, size_t index) {
  const auto before = [&](size_t count, std::string_view word) {
    return index >= count && tokens.IsWord(index - count, word);
  };
  const bool in_bracket = index >= 2 && tokens.IsSymbol(index - 1, "(");
  if (before(1, "APPLY") || (in_bracket && before(2, "APPLY"))) return true;
  if (in_bracket && tokens.IsSymbol(index + 1, ",") &&
      (BeginsWith(tokens, index - 2, "array") || BeginsWith(tokens, index - 2, "map"))) {
    return true;
  }
  if (!tokens.IsSymbol(index + 1, "(")) return false;
  const bool is_table = before(1, "INTO") || before(1, "TABLE") || before(1, "EXISTS") ||
                        (index >= 1 && tokens.IsSymbol(index - 1, "."));
  return !is_table;
}

[[noreturn]] void RefuseFile() {
  throw SqlError("file() reads and writes outside of the engine folder",
                 "Open the engine with --allow-path DIR to read DIR/… by its full path, or with "
                 "--allow-external; for a column of that name write t.file.");
}

// Whether file( at `index` reads a file of the folders that are open to it, named in full. What is
// hidden from this by other ways of writing meets the sandbox.
bool ReadsAllowedFile(const Tokens& tokens, size_t index, const Options& options) {
  if (!options.reads_files || !tokens.IsSymbol(index + 1, "(")) return false;
  if (index >= 1 && tokens.IsWord(index - 1, "FUNCTION")) return false;
  if (index + 2 >= tokens.size() || tokens.at(index + 2).kind != TokenKind::kString) return false;
  std::string_view path = tokens.TextAt(index + 2);
  path = path.substr(1, path.size() - 2);
  constexpr std::string_view kElsewhere[] = {"\\", "''", ".."};
  for (const std::string_view text : kElsewhere) {
    if (path.find(text) != std::string_view::npos) return false;
  }
  return std::any_of(options.folders.begin(), options.folders.end(), [&](const auto& folder) {
    return path.starts_with(folder == "/" ? folder : folder + "/");
  });
}

void RefuseFileFunction(const Tokens& tokens, const Options& options) {
  for (size_t index = 0; index < tokens.size(); ++index) {
    if (tokens.IsName(index) && tokens.Name(index) == kFile && IsFunction(tokens, index) &&
        !ReadsAllowedFile(tokens, index, options)) {
      RefuseFile();
    }
  }
}

// Where no folder is open to them, the engine would only say that a path is not allowed.
void RefuseBackup(const Source& source) {
  const Tokens& tokens = source.tokens;
  if (!source.options.folders.empty()) return;
  if (!tokens.IsWord(0, "BACKUP") && !tokens.IsWord(0, "RESTORE")) return;
  throw SqlError(std::string(tokens.TextAt(0)) + " needs a folder outside of the engine folder",
                 "Open the engine with --allow-path DIR, and name File('DIR/…').");
}

bool IsNamed(const Tokens& tokens, size_t index, std::string_view name) {
  return tokens.IsName(index) && EqualsIgnoringCase(tokens.Name(index), name);
}

// format(Values, '(…)') evaluates the text as expressions. The function of that name, which fills
// patterns, is told apart by its first argument.
bool EvaluatesText(const Tokens& tokens, size_t argument) {
  if (!tokens.IsSymbol(argument + 1, ",")) return true;
  if (tokens.IsName(argument)) return IsNamed(tokens, argument, "Values");
  const std::string_view text = tokens.TextAt(argument);
  const bool is_pattern = text.find('{') != std::string_view::npos;
  const bool is_plain = text.starts_with('\'') && text.find('\\') == std::string_view::npos;
  return !is_pattern && (!is_plain || EqualsIgnoringCase(text, "'Values'"));
}

// What takes SQL as a text, where a file() would not be seen, or names a place of its own.
void RefuseUnseenSql(const Tokens& tokens) {
  constexpr std::string_view kFilters[] = {"additional_result_filter", "additional_table_filters"};
  for (size_t index = 0; index < tokens.size(); ++index) {
    if (!tokens.IsName(index)) continue;
    // A constraint of the patch no-way-out forbids them too, but not in subqueries.
    for (const std::string_view filter : kFilters) {
      if (!IsNamed(tokens, index, filter) || !tokens.IsSymbol(index + 1, "=")) continue;
      throw SqlError("The setting " + std::string(filter) + " could reach outside of the engine " +
                         "folder, and its text is not looked into",
                     "Put the condition into the WHERE.");
    }
    if (!tokens.IsSymbol(index + 1, "(")) continue;
    if (IsNamed(tokens, index, "eval")) {
      throw SqlError("eval() runs a text as SQL, which could reach outside of the engine folder",
                     "Write the statement itself, or open the engine with --allow-external.");
    }
    if (IsNamed(tokens, index, "disk")) {
      throw SqlError("disk() names a place outside of the engine folder",
                     "Leave it out, or open the engine with --allow-external.");
    }
    if (IsNamed(tokens, index, "format") && EvaluatesText(tokens, index + 2)) {
      throw SqlError(
          "format() could evaluate its text as SQL, which may reach outside of the "
          "engine folder",
          "Give it another format than Values, by its name.");
    }
  }
}

// Table functions that read or write what is not in the folder. Most ask for a grant as well, some
// only after they have connected. test/build/no-way-out.test.ts compares them with all there are.
constexpr std::string_view kOutsideFunctions[] = {
    "cluster",     "clusterAllReplicas",
    "cosn",        "executable",
    "fileCluster", "filesystem",
    "gcs",         "jdbc",
    "mongodb",     "mysql",
    "odbc",        "oss",
    "redis",       "postgresql",
    "remote",      "s3",
    "s3Cluster",   "sqlite",
    "url",         "remoteSecure",
    "urlCluster",  "ytsaurus",
};
constexpr std::string_view kOutsideFamilies[] = {"azureBlobStorage", "deltaLake", "hdfs", "hudi",
                                                 "iceberg",          "paimon"};

// Engines of tables and databases that stay in the folder; a grant is asked for only some others.
constexpr std::string_view kInsideEngines[] = {
    "AggregatingMergeTree",
    "Atomic",
    "CoalescingMergeTree",
    "CollapsingMergeTree",
    "GenerateRandom",
    "Join",
    "Log",
    "MaterializedView",
    "Memory",
    "Merge",
    "MergeTree",
    "MutableMergeTree",
    "Null",
    "ReplacingMergeTree",
    "Set",
    "StripeLog",
    "SummingMergeTree",
    "TinyLog",
    "View",
    "VersionedCollapsingMergeTree",
};

void RefuseOutsideFunctions(const Tokens& tokens) {
  for (size_t index = 0; index < tokens.size(); ++index) {
    if (!tokens.IsName(index) || !tokens.IsSymbol(index + 1, "(") || !IsFunction(tokens, index)) {
      continue;
    }
    const auto is_named = [&](std::string_view name) { return IsNamed(tokens, index, name); };
    const auto is_of = [&](std::string_view family) { return BeginsWith(tokens, index, family); };
    if (!std::any_of(std::begin(kOutsideFunctions), std::end(kOutsideFunctions), is_named) &&
        !std::any_of(std::begin(kOutsideFamilies), std::end(kOutsideFamilies), is_of)) {
      continue;
    }
    throw SqlError(tokens.Name(index) + "() reaches outside of the engine folder",
                   "Open the engine with --allow-external.");
  }
}

void RefuseOutsideEngines(const Tokens& tokens) {
  if (!tokens.IsWord(0, "CREATE") && !tokens.IsWord(0, "ATTACH") && !tokens.IsWord(0, "REPLACE")) {
    return;
  }
  const size_t end = tokens.FindWord(0, tokens.size(), "SELECT");
  for (size_t at = tokens.FindWord(0, end, "ENGINE"); at < end;
       at = tokens.FindWord(at + 1, end, "ENGINE")) {
    const size_t name = tokens.IsSymbol(at + 1, "=") ? at + 2 : at + 1;
    if (!tokens.IsName(name)) continue;
    const std::string engine = tokens.Name(name);
    const auto is_engine = [&](std::string_view inside) {
      return EqualsIgnoringCase(engine, inside);
    };
    if (std::any_of(std::begin(kInsideEngines), std::end(kInsideEngines), is_engine)) continue;
    throw SqlError(
        "ENGINE = " + engine + " is none that SQL may use: it could reach outside of the " +
            "engine folder, or past the versions of rows",
        "MutableMergeTree, the MergeTree family, Memory, Log, Merge, Null, Set, Join and "
        "views stay inside. The others are there with --allow-external.");
  }
}

// Whether Values hold more than literals and plain functions: a subquery, or one of our names.
bool MayReachOutside(std::string_view data) {
  constexpr std::string_view kWords[] = {"file", "select", "\"", "`"};
  const auto is_same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == b;
  };
  return std::any_of(std::begin(kWords), std::end(kWords), [&](std::string_view word) {
    return std::search(data.begin(), data.end(), word.begin(), word.end(), is_same) != data.end();
  });
}

// ClickHouse evaluates the expressions that stand after VALUES; no column can be meant by a name.
void RefuseInValues(std::string_view statement) {
  const auto insert = FindInsertData(statement);
  if (!insert || !EqualsIgnoringCase(insert->format, "Values")) return;
  if (!MayReachOutside(insert->data)) return;
  const Tokens tokens(insert->data);
  for (size_t index = 0; index < tokens.size(); ++index) {
    if (IsNamed(tokens, index, kFile)) RefuseFile();
  }
  RefuseUnseenSql(tokens);
  RefuseOutsideFunctions(tokens);
}

void RefuseFileClauses(const Source& source) {
  const Tokens& tokens = source.tokens;
  for (size_t index = 0; index + 2 < tokens.size(); ++index) {
    const bool out = tokens.IsWord(index, "INTO") && tokens.IsWord(index + 1, "OUTFILE");
    const bool in = tokens.IsWord(index, "FROM") && tokens.IsWord(index + 1, "INFILE");
    if ((!out && !in) || tokens.at(index + 2).kind != TokenKind::kString) continue;
    if (in) {
      throw SqlError("FROM INFILE reads outside of the engine folder",
                     "Open the engine with --allow-external, and write INSERT INTO t SELECT * FROM "
                     "file('…').");
    }
    if (source.options.allow_external) continue;
    throw SqlError("INTO OUTFILE writes outside of the engine folder",
                   "Open the engine with --allow-external, or use the command's own output.");
  }
}

}  // namespace

void RefuseOutside(const Source& source) {
  RefuseFileClauses(source);
  if (source.options.allow_external) return;
  RefuseFileFunction(source.tokens, source.options);
  RefuseBackup(source);
  RefuseUnseenSql(source.tokens);
  RefuseOutsideFunctions(source.tokens);
  RefuseOutsideEngines(source.tokens);
  RefuseInValues(source.text);
}

void RefuseStandardInput(const Source& source, size_t insert) {
  const Tokens& tokens = source.tokens;
  bool has_source = false;
  for (size_t index = insert + 1; index < tokens.size(); ++index) {
    has_source = has_source || tokens.IsWord(index, "SELECT") || tokens.IsWord(index, "VALUES") ||
                 tokens.IsWord(index, "FORMAT");
    if (tokens.IsWord(index, "input") && tokens.IsSymbol(index + 1, "(") &&
        tokens.IsWord(index - 1, "FROM")) {
      throw SqlError("The table function input() has nothing to read here",
                     "Put the rows after INSERT INTO t FORMAT ….");
    }
  }
  if (!has_source) throw SqlError("INSERT without rows", "Give them by VALUES, FORMAT or SELECT.");
}

}  // namespace theflash::sql

#include "folder/roles.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "base/status.h"
#include "folder/overlay.h"
#include "sql/clone_name.h"
#include "sql/quote.h"
#include "sql/rewrite.h"

namespace theflash {
namespace {

// Databases that no pattern reaches.
constexpr std::array<std::string_view, 6> kShutDatabases = {
    sql::kOwnDatabase, sql::kStagingDatabase, sql::kSnapshotDatabase,
    "system",          "information_schema",  "INFORMATION_SCHEMA"};

[[noreturn]] void Refuse(std::string_view text) {
  throw Error(TF_INVALID, "options of tf_engine_open: rights: " + std::string(text),
              "Write role, read or write, database and table, with tabs between.");
}

bool IsWordChar(unsigned char c) { return std::isalnum(c) != 0 || c == '_'; }

bool IsAll(std::string_view pattern) { return pattern == "*"; }

bool IsPrefix(std::string_view pattern) { return pattern.ends_with('*'); }

void CheckPattern(std::string_view pattern, std::string_view text) {
  const size_t star = pattern.find('*');
  if (pattern.empty() || (star != std::string_view::npos && star + 1 != pattern.size())) {
    Refuse(text);
  }
}

// `name`, or `begin`* of a pattern.
std::string QuotePattern(std::string_view pattern) {
  if (IsAll(pattern)) return "*";
  if (!IsPrefix(pattern)) return QuoteName(pattern);
  return QuoteName(pattern.substr(0, pattern.size() - 1)) + "*";
}

std::string Target(const Right& right) {
  return QuotePattern(right.database) + "." + QuotePattern(right.table);
}

// Of the clones that CloneName names; nothing where it gives such tables no names to grant by.
std::string CloneTarget(const Right& right) {
  const std::string begin = QuoteName(sql::kSnapshotDatabase) + ".";
  if (IsAll(right.database)) return begin + "*";
  if ((right.database + right.table).find('.') != std::string::npos) return "";
  std::string names = std::string(sql::kCloneBegin) + right.database;
  if (!IsPrefix(right.database)) {
    names += "." + right.table + (IsPrefix(right.table) ? "" : ".*");
  }
  return begin + QuotePattern(names);
}

std::string Query(const std::string& grant) { return "<query>" + EscapeXml(grant) + "</query>"; }

constexpr std::string_view kReads = "SELECT";
constexpr std::string_view kWrites = "SELECT, INSERT";

std::string RoleXml(const std::string& role, const std::vector<Right>& rights) {
  // ClickHouse asks for it where a table function makes a table of its own, as format() does. The
  // statement CREATE TEMPORARY TABLE is refused as a kind.
  std::string grants = Query("GRANT CREATE TEMPORARY TABLE ON *.*");
  bool writes = false;
  for (const Right& right : rights) {
    if (right.role != role) continue;
    writes = writes || right.writes;
    grants +=
        Query("GRANT " + std::string(right.writes ? kWrites : kReads) + " ON " + Target(right));
  }
  for (const std::string_view database : kShutDatabases) {
    grants += Query("REVOKE " + std::string(kWrites) + " ON " + QuoteName(database) + ".*");
  }
  for (const Right& right : rights) {
    if (right.role != role) continue;
    const std::string clones = CloneTarget(right);
    if (!clones.empty()) grants += Query("GRANT SELECT ON " + clones);
  }
  // Rows for a mutable table wait there until the engine itself makes them the table's.
  if (writes) grants += Query("GRANT INSERT ON " + QuoteName(sql::kStagingDatabase) + ".*");
  return "<" + role + "><grants>" + grants + "</grants></" + role + ">";
}

std::string PolicyXml(std::string_view table, std::string_view filter) {
  return "<table name=\"" + std::string(table) + "\"><filter>" + std::string(filter) +
         "</filter></table>";
}

std::string OfSystem(const std::string& policies) {
  return "<databases><database name=\"system\">" + policies + "</database></databases>";
}

// Who asks in the name of a client that can't read them does not see the hidden columns.
std::string ColumnsFilter() {
  return "NOT (getSetting('" + std::string(sql::kVersionSetting) + "') = '" +
         std::string(sql::kShownColumns) + "' AND startsWith(name, '" +
         std::string(sql::kHiddenPrefix) + "'))";
}

std::string PoliciesXml() {
  // The table without a name stands for all. Where a table has a filter of its own, a row is shown
  // by either: so this one has to leave `columns` to the other.
  std::string xml = PolicyXml(
      "", "has(currentRoles(), '" + std::string(kOwnerRole) + "') AND _table != 'columns'");
  for (const std::string& open : OpenSystemTables()) {
    xml += PolicyXml(open, open == "columns" ? ColumnsFilter() : "1");
  }
  return OfSystem(xml);
}

}  // namespace

const std::vector<std::string>& OpenSystemTables() {
  static const std::vector<std::string> tables = {"one",
                                                  "numbers",
                                                  "numbers_mt",
                                                  "zeros",
                                                  "zeros_mt",
                                                  "databases",
                                                  "tables",
                                                  "columns",
                                                  "settings",
                                                  "formats",
                                                  "collations",
                                                  "keywords",
                                                  "time_zones",
                                                  "licenses",
                                                  "contributors",
                                                  "build_options",
                                                  "table_engines",
                                                  "data_type_families",
                                                  "table_functions",
                                                  "database_engines"};
  return tables;
}

Right ParseRight(std::string_view text) {
  std::array<std::string_view, 4> fields;
  std::string_view rest = text;
  for (size_t index = 0; index < fields.size(); ++index) {
    const size_t tab = rest.find('\t');
    const bool is_last = index + 1 == fields.size();
    if (is_last != (tab == std::string_view::npos)) Refuse(text);
    fields[index] = rest.substr(0, tab);
    if (!is_last) rest.remove_prefix(tab + 1);
  }
  const auto& [role, kind, database, table] = fields;
  const bool is_word = !role.empty() && std::isalpha(static_cast<unsigned char>(role[0])) != 0 &&
                       std::all_of(role.begin(), role.end(), IsWordChar);
  if (!is_word || role == kOwnerRole || (kind != "read" && kind != "write")) Refuse(text);
  CheckPattern(database, text);
  CheckPattern(table, text);
  if (IsPrefix(database) && !IsAll(table)) Refuse(text);
  if (std::count(kShutDatabases.begin(), kShutDatabases.end(), database) > 0) Refuse(text);
  return {std::string(role), kind == "write", std::string(database), std::string(table)};
}

std::string RolesXml(const std::vector<Right>& rights) {
  if (rights.empty()) {
    return "<users><default>" + OfSystem(PolicyXml("columns", ColumnsFilter())) +
           "</default></users>";
  }
  std::set<std::string> roles;
  for (const Right& right : rights) roles.insert(right.role);
  std::string made;
  std::string granted;
  for (const std::string& role : roles) {
    made += RoleXml(role, rights);
    granted += "<query of=\"" + role + "\">GRANT " + role + "</query>";
  }
  return "<roles>" + made + "</roles><users><default><grants>" + granted + "</grants>" +
         PoliciesXml() + "</default></users>";
}

}  // namespace theflash

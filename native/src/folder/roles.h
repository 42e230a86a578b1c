// Rights by database and table, as roles of ClickHouse: what `rights` of tf_engine_open becomes.
//
// The engine has one user, `default`. Its rights are those of the role kOwnerRole; a statement with
// rights of its own runs on a connection that has SET another role, and so has the grants of that
// one alone. ClickHouse asks for them wherever it reaches a table: in views, joins, sets, table
// functions and SHOW alike. Its system tables need no grant in libchdb, which reads none of the
// settings access_control_improvements: a row policy for all of them lets through those few that
// show no more than the grants do.
#ifndef THEFLASH_FOLDER_ROLES_H_
#define THEFLASH_FOLDER_ROLES_H_

#include <string>
#include <string_view>
#include <vector>

namespace theflash {

inline constexpr std::string_view kOwnerRole = "theflash_owner";

// One line of `rights`. A database of "*" means all, with a table of "*"; one that ends in "*" all
// that begin so, with a table of "*"; a table of "*" or one that ends in "*" the same of tables.
struct Right {
  std::string role;  // letters, digits and _, not kOwnerRole
  bool writes = false;
  std::string database;
  std::string table;
};

// Reads "role<tab>read|write<tab>database<tab>table". Errors: TF_INVALID.
Right ParseRight(std::string_view text);

// System tables without a secret: constants of the engine, and lists that ClickHouse itself cuts
// down to what the grants show.
const std::vector<std::string>& OpenSystemTables();

// The fragment of users.xml that makes the roles: without the element around it.
std::string RolesXml(const std::vector<Right>& rights);

}  // namespace theflash

#endif  // THEFLASH_FOLDER_ROLES_H_

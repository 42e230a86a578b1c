#include "store/multiset.h"

#include <cstdint>

#include "base/status.h"
#include "sql/quote.h"
#include "sql/rewrite.h"

namespace theflash {
namespace {

// Hidden columns of the SQL below, as rewrite.h names them. Its aliases begin like them, because no
// column of a user may.
constexpr std::string_view kHidden =
    "_INTERNAL_ROW_HASH, _INTERNAL_ROW_INDEX, _INTERNAL_VERSION, _INTERNAL_DELMARK";
static_assert(sql::kRowHashColumn == "_INTERNAL_ROW_HASH");
static_assert(sql::kRowIndexColumn == "_INTERNAL_ROW_INDEX");
static_assert(sql::kVersionColumn == "_INTERNAL_VERSION");
static_assert(sql::kDelmarkColumn == "_INTERNAL_DELMARK");

std::string DeletedHashes(const MultisetTables& tables) {
  return "(SELECT _INTERNAL_ROW_HASH FROM " + tables.raw + " WHERE _INTERNAL_DELMARK = 1)";
}

std::string Names(const MultisetTables& tables) {
  std::string names;
  for (const std::string& column : tables.columns) names += QuoteName(column) + ", ";
  return names;
}

// Rows that are inserted and have no equal among the deleted ones.
void StageInserts(Connection& connection, const MultisetTables& tables, uint64_t first_index) {
  connection.Execute("INSERT INTO " + tables.staging + " (" + Names(tables) + std::string(kHidden) +
                     ") SELECT " + Names(tables) + "_INTERNAL_ROW_HASH, " +
                     std::to_string(first_index) +
                     " + rowNumberInAllBlocks(), _INTERNAL_VERSION, 0 FROM " + tables.raw +
                     " WHERE _INTERNAL_DELMARK = 0 AND _INTERNAL_ROW_HASH NOT IN " +
                     DeletedHashes(tables) + " SETTINGS max_threads = 1");
}

// Of rows that are inserted and deleted, those that are inserted more often. Only equal rows need
// different numbers, so that each hash may count from the first index.
void StageSurplus(Connection& connection, const MultisetTables& tables, uint64_t first_index) {
  std::string values;
  std::string aliases;
  for (size_t i = 0; i < tables.columns.size(); ++i) {
    const std::string alias = "_INTERNAL_C" + std::to_string(i);
    // A value wrapped in a tuple, because any() would pass over NULLs.
    values += "any(tuple(" + QuoteName(tables.columns[i]) + ")).1 AS " + alias + ", ";
    aliases += alias + ", ";
  }
  connection.Execute("INSERT INTO " + tables.staging + " (" + Names(tables) + std::string(kHidden) +
                     ") SELECT " + aliases + "_INTERNAL_H, " + std::to_string(first_index) +
                     " + _INTERNAL_NUMBER, _INTERNAL_V, 0 FROM (SELECT " + values +
                     "_INTERNAL_ROW_HASH AS _INTERNAL_H, max(_INTERNAL_VERSION) AS _INTERNAL_V,"
                     " countIf(_INTERNAL_DELMARK = 0) - countIf(_INTERNAL_DELMARK = 1) AS "
                     "_INTERNAL_SURPLUS FROM " +
                     tables.raw + " WHERE _INTERNAL_ROW_HASH IN " + DeletedHashes(tables) +
                     " GROUP BY _INTERNAL_H HAVING _INTERNAL_SURPLUS > 0) ARRAY JOIN "
                     "range(toUInt64(_INTERNAL_SURPLUS)) AS _INTERNAL_NUMBER"
                     " SETTINGS max_threads = 1");
}

// Hashes of rows deleted more often than inserted, with how many of them the target must give up
// and the numbers of those that it holds.
std::string Missing(const MultisetTables& tables) {
  return "(SELECT _INTERNAL_ROW_HASH AS _INTERNAL_H, max(_INTERNAL_VERSION) AS _INTERNAL_V,"
         " toUInt64(countIf(_INTERNAL_DELMARK = 1) - countIf(_INTERNAL_DELMARK = 0)) AS "
         "_INTERNAL_NEED FROM " +
         tables.raw + " WHERE _INTERNAL_ROW_HASH IN " + DeletedHashes(tables) +
         " GROUP BY _INTERNAL_H HAVING countIf(_INTERNAL_DELMARK = 1) > countIf(_INTERNAL_DELMARK "
         "= 0)) AS d"
         " LEFT JOIN (SELECT _INTERNAL_ROW_HASH AS _INTERNAL_H, groupArray(_INTERNAL_ROW_INDEX) AS "
         "_INTERNAL_LIVE FROM " +
         tables.target + " WHERE _INTERNAL_ROW_HASH IN " + DeletedHashes(tables) +
         " GROUP BY _INTERNAL_H) AS t ON d._INTERNAL_H = t._INTERNAL_H";
}

void StageTombstones(Connection& connection, const MultisetTables& tables) {
  const auto rows = connection.Rows(
      "SELECT sum(_INTERNAL_NEED - least(_INTERNAL_NEED, length(_INTERNAL_LIVE))) FROM " +
      Missing(tables) + " SETTINGS final = 1");
  if (rows.at(0).at(0) != "0") {
    throw Error(TF_BROKEN_DATA,
                "deletes from " + tables.target + ", which has no primary key, name " + rows[0][0] +
                    " row(s) that it does not hold: the copy is not what its source was",
                "Copy the table from its source again.");
  }
  connection.Execute("INSERT INTO " + tables.staging + " (" + std::string(kHidden) +
                     ") SELECT d._INTERNAL_H,"
                     " arrayJoin(arraySlice(arraySort(_INTERNAL_LIVE), 1, _INTERNAL_NEED)),"
                     " _INTERNAL_V, 1 FROM " +
                     Missing(tables) + " SETTINGS final = 1");
}

}  // namespace

void StageMultiset(Connection& connection, Versions& versions, const MultisetTables& tables) {
  const auto counts =
      connection.Rows("SELECT count(), countIf(_INTERNAL_DELMARK = 1) FROM " + tables.raw);
  const uint64_t changes = std::stoull(counts.at(0).at(0));
  const bool has_deletes = counts.at(0).at(1) != "0";
  const uint64_t first_index = versions.Reserve(2 * changes);
  StageInserts(connection, tables, first_index);
  if (!has_deletes) return;
  StageSurplus(connection, tables, first_index + changes);
  StageTombstones(connection, tables);
}

}  // namespace theflash

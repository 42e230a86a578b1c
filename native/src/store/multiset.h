// Tables without a primary key: the changes of a batch become rows and tombstones.
#ifndef THEFLASH_STORE_MULTISET_H_
#define THEFLASH_STORE_MULTISET_H_

#include <string>
#include <vector>

#include "session/connection.h"
#include "store/versions.h"

namespace theflash {

// All table names are quoted.
struct MultisetTables {
  std::string raw;      // changes as they came, in any order
  std::string staging;  // like the target, empty
  std::string target;
  std::vector<std::string> columns;  // without the hidden ones, unquoted
};

// A table without a key has two more hidden columns, which are its key: a hash of the row's values,
// and a number that tells equal rows apart. An inserted row gets a number of its own from the
// version counter. Deletes of the batch first take away equal inserts of the same batch; each one
// that is left becomes a tombstone for one equal live row of the target.
//
// Errors: TF_BROKEN_DATA where a delete finds no equal row: the copy is not what its source was.
void StageMultiset(Connection& connection, Versions& versions, const MultisetTables& tables);

}  // namespace theflash

#endif  // THEFLASH_STORE_MULTISET_H_

// Parts that ClickHouse found broken when it opened a folder: what is said of them.
#ifndef THEFLASH_FOLDER_BROKEN_PARTS_H_
#define THEFLASH_FOLDER_BROKEN_PARTS_H_

#include <string>

#include "session/connection.h"
#include "store/ledger.h"

namespace theflash {

// Refuses a folder that has parts which ClickHouse found broken on start and put aside.
// Errors: TF_BROKEN_DATA, which names tables, parts and where they lie, the checkpoint up to which
// all else is whole, and the command that leads out.
void RefuseBrokenParts(Connection& connection, Ledger& ledger, const std::string& folder);

}  // namespace theflash

#endif  // THEFLASH_FOLDER_BROKEN_PARTS_H_

// SQL statements that write rows of a mutable table.
#ifndef THEFLASH_WRITE_MUTABLE_WRITE_H_
#define THEFLASH_WRITE_MUTABLE_WRITE_H_

#include <string_view>

#include "engine.h"
#include "session/connection.h"
#include "sql/rewrite.h"

namespace theflash {

// Runs a kWriteMutable statement, so that readers see all of its rows or none. One whose rows make
// one part is run as it is; the rows of any other are staged and committed like those of a batch.
// The caller holds the write gate.
Result WriteMutable(Engine& engine, Connection& connection, const sql::Statement& statement,
                    std::string_view format);

// Runs SQL whose versions are filled in; data after INSERT goes its own way (see Connection).
Result RunSql(Connection& connection, std::string_view sql, std::string_view format);

}  // namespace theflash

#endif  // THEFLASH_WRITE_MUTABLE_WRITE_H_

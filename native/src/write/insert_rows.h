// Rows for plain tables, past the SQL layer.
#ifndef THEFLASH_WRITE_INSERT_ROWS_H_
#define THEFLASH_WRITE_INSERT_ROWS_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "engine.h"

namespace theflash {

// Inserts the rows of an Arrow IPC stream into a table that is not mutable, and says how many.
// Errors: TF_NOT_FOUND; TF_INVALID where the table is mutable or the engine's own, or the stream
// does not fit it.
uint64_t InsertRows(Engine& engine, std::string_view database, std::string_view table,
                    std::span<const uint8_t> arrow_stream);

}  // namespace theflash

#endif  // THEFLASH_WRITE_INSERT_ROWS_H_

#ifndef THEFLASH_BINLOG_TEXT_ROWS_H_
#define THEFLASH_BINLOG_TEXT_ROWS_H_

#include <cstddef>
#include <cstdint>

#include "binlog/row_kernel.h"

namespace theflash::binlog {

// Appends rows of a server's answer in the text protocol, from `shared->at` on: packets that lie
// whole in [packets, packets + packets_len), the first of which has number `sequence`. kDone where
// the bytes, or the packets that are whole, end. A packet that is no row of less than 16 MiB, or
// out of turn, is left to the reference, as a row with a value that is rare or broken. Never reads
// outside of the bytes, nor writes outside of the buffers.
//
//     packet   3 bytes length | 1 sequence number | for each column a length and its text
//
// Source: MySQL 9.7 sql/protocol_classic.cc, Protocol_text.
Outcome AppendTextRows(Shared* shared, const uint8_t* packets, size_t packets_len,
                       uint8_t sequence);

}  // namespace theflash::binlog

#endif  // THEFLASH_BINLOG_TEXT_ROWS_H_

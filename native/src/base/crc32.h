#ifndef THEFLASH_BASE_CRC32_H_
#define THEFLASH_BASE_CRC32_H_

#include <cstddef>
#include <cstdint>

namespace theflash {

// The CRC32 of zlib and of MySQL's events.
uint32_t Crc32(const uint8_t* bytes, size_t size);

}  // namespace theflash

#endif  // THEFLASH_BASE_CRC32_H_
